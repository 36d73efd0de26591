# %% [markdown]
# # Can a shop fail although nothing is broken?
#
# *Notebook 00, about 20 minutes. You need no knowledge of queues, and only a little Python.*
#
# A shop has one till with two workers. Ten orders a second come in, and an order takes a worker a tenth of a second.
# At 60 s the till becomes four times slower, for 20 s. Nothing crashes. No error is raised anywhere. A customer who has
# no answer after 1 s leaves.
#
# **How to use this page.** Read, write down your prediction, and run the cells from top to bottom with Shift+Enter.
# Then change things: you cannot break anything that *Kernel, Restart and run all* does not mend.

# %%
import sim
from sim.plots.beside import beside, measured
from sim.plots.picture import Picture

ME = "Ada Lovelace"  # put your own name here: it makes the exercises at the end yours

# %% [markdown]
# ## Your prediction
#
# During the 20 s, the two workers together still finish about five orders a second, and ten a second come.
# **What share of those who come in these 20 s is served in time?** Write a number down before you read on. It does not
# have to be right; it has to be yours.

# %%
my_prediction = None  # in %, for example 50

# %% [markdown]
# ## The model, and what it leaves out
#
# This is the whole shop. Every value has its unit. `exponential 100ms` means that orders differ: many are quick, some are
# long, and the mean is 100 ms. `waiting: 20` is the line in front of the till; a customer who finds it full is turned away.

# %%
shop = sim.loads("""
version: 1
title: One slow till
question: The shop takes ten orders a second. What does a slow till do to it?
lesson: A line in front of the till fills, and orders fail although nothing has crashed.
duration: 120s
replications: 10
workload: {customers: {calls: till.pay, rate: 10/s, deadline: 1s}}
services: {till: {workers: 2, waiting: 20, operations: {pay: [{work: exponential 100ms}]}}}
faults: {slow till: {slow: till, by: 4x, at: 60s, for: 20s}}
""")

# %% [markdown]
# Left out: the network, customers who come again (notebook 03), and a till that notices that a customer has left. The
# worker finishes the order all the same, and nobody wants the answer any more.
#
# ## Run

# %%
run = sim.run(shop)
parts = ["before", "fault", "after"]
before, during, after = (100 * run.value("goodput ratio", "customers", part) for part in parts)
print(f"served in time: {before:.1f} % before, {during:.1f} % during the fault, {after:.1f} % after")
print(f"you predicted: {my_prediction}")

# %% [markdown]
# ## Look
#
# First the story of one run, in order. Each sentence is made of measured values.

# %%
print(run.explain())

# %% [markdown]
# Press Play, or drag the slider into the shaded fault. *(If the space below is empty, run the cell: Jupyter lets a page move
# only after you have run or trusted it.)*

# %%
run.replay()

# %%
Picture(
    run.plot()["answered and done"],
    f"Orders per second over time. Ten a second arrive; {before:.0f} % are answered in time before the fault, "
    f"{during:.0f} % during it.",
)

# %%
Picture(
    run.plot()["services"],
    "Two panels. Workers of the till: busy about half of the time, all of the time while it is slow. "
    "Waiting: the line climbs to its limit of 20 while the till is slow, and is gone soon after.",
)

# %% [markdown]
# **50 % is a natural guess: the till can do five of ten. It is less than one in twenty.** The till works at full speed and
# serves the wrong people. With 20 in line and five served a second, a customer waits 4 s for a till that answers in time
# only those who wait less than 1 s. When it is a customer's turn, she has left.

# %%
throughput = run.value("throughput", "till", "fault")
wasted = 100 * run.value("wasted share", "till", "fault")
late = 100 * run.value("timeout ratio", "customers", "fault")
turned_away = 100 * run.value("rejected ratio", "customers", "fault")
print(f"orders finished in the fault: {throughput:.1f}/s; work done for customers who had left: {wasted:.0f} %")
print(f"of those who came: {turned_away:.0f} % were turned away, {late:.0f} % left before their turn")

# %% [check]
# The numbers in the text, held against the run.
assert before > 99 and during < 5, "less than one in twenty"
assert 4.7 < throughput < 5.3 and wasted > 80 and late > turned_away

# %% [markdown]
# ## Check it by another road
#
# Do not trust a simulator that you cannot check. Take the orders as water: 10/s flow in, 20/s can flow out when all is well
# (2 workers / 0.1 s), 5/s while the till is slow. After 20 s so much more has come than gone:

# %%
backlog = sim.theory.fluid_backlog(rate=10, capacity=20, outage_s=20, capacity_during=5)
fits = 20
rejected = run.value("rejected ratio", "customers", "fault") * run.value("offered", "customers", "fault")
print(f"piled up, as water: {backlog.peak:.0f}; {fits} fit into the line, {backlog.peak - fits:.0f} do not")
print(f"turned away in the run, mean of {len(run.replications)} replications: {rejected:.0f}")

# %% [check]
assert abs(rejected - (backlog.peak - fits)) < 10

# %% [markdown]
# The two agree, and they come from different worlds: the run plays every single order with all its chance, the formula
# knows only rates.
#
# ## Break it
#
# Now a question in which intuition is a poor guide: **would a longer line help, or a shorter one?**
# Write your answer down, then play lines of different lengths. Each length meets the same customers and the same orders.

# %%
lengths = [0, 1, 2, 3, 5, 10, 20, 40]
runs = [sim.run(shop, set_={"services.till.waiting": length}) for length in lengths]
rows = {
    part: [measured(one, "goodput ratio", "customers", part) for one in runs]
    for part in ("before", "fault")
}
in_calm = [1 - sim.theory.mmck(10, 10, workers=2, places=2 + length).lost_ratio for length in lengths]

# %%
figure = beside(
    {"before, measured": (lengths, rows["before"]), "in the fault, measured": (lengths, rows["fault"])},
    {"before, by formula (M/M/2/K)": (lengths, in_calm)},
    "A short line serves more in the fault, and turns some away when all is well",
    "waiting places", "served in time (%)", "seed 1 · 10 replications · bars: 95 % intervals",
    scale=100, top=105,
)
least, most = rows["fault"][-1]["mean"], max(row["mean"] for row in rows["fault"])
Picture(figure, f"In the fault the best line serves {100 * most:.0f} %, the longest {100 * least:.0f} %.")

# %%
best = lengths[[row["mean"] for row in rows["fault"]].index(most)]
calm = 100 * rows["before"][lengths.index(best)]["mean"]
print(f"places that serve most in the fault: {best}; they serve {100 * most:.0f} %, 40 serve {100 * least:.0f} %")
print(f"before the fault, a line of {best} serves {calm:.1f} %")

# %% [check]
assert best in (1, 2) and most > 0.3 and least < 0.1
assert 85 < calm < 99
assert all(abs(row["mean"] - theory) < 0.02 for row, theory in zip(rows["before"], in_calm))

# %% [markdown]
# A line is patience that somebody else pays for. The short line turns people away **at once**, so that those who get in are
# served in time, and it has a price in calm times, which the formula knows too. There is no free switch in this laboratory:
# each defence is shown with what it costs.
#
# Three things to keep:
#
# 1. Nothing was broken, and more than nineteen of twenty failed: **slow is a failure mode of its own**.
# 2. A till that is 100 % busy may serve nobody: **throughput is not goodput**.
# 3. A prediction, a run and a formula: if two of them disagree, you are about to learn something.
#
# ## Exercises
#
# The numbers are yours: they come from your name at the top. Put your answer in place of `None` (a number, or text with a
# unit such as `"45 %"`) and run the cell.

# %%
mine = sim.exercise("00.1", seed=ME)
mine

# %%
sim.check_answer("00.1", None, seed=ME)

# %%
mine = sim.exercise("00.2", seed=ME)
mine

# %%
sim.check_answer("00.2", None, seed=ME)

# %%
mine = sim.exercise("00.3", seed=ME)
mine

# %%
# my_run = sim.run(mine.scenario, seed=mine.seed)
# my_run.value(...)
sim.check_answer("00.3", None, seed=ME)

# %% [markdown]
# <details><summary>What to think about before you look for help</summary>
#
# - 00.1: how much work comes in a second, and how much work can be done in a second?
# - 00.2: the water above, with your numbers.
# - 00.3: `run.value(measure, of, during)`, as in the cell below "Run".
#
# </details>
#
# ## Sources
#
# - L. Kleinrock, *Queueing Systems*, vol. 2, section 2.7: queues as fluids.
# - D. Gross, J. Shortle, J. Thompson, C. Harris, *Fundamentals of Queueing Theory*, 4th ed., section 3.5: the line with K places.
#
# Next: [01, why queues explode](01_why_queues_explode.ipynb).
