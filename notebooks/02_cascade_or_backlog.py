# %% [markdown]
# # The same fault: a cascade or a backlog?
#
# *Notebook 02, about 40 minutes. It builds on notebooks 00 and 01.*
#
# In a shop, `web` calls `orders`, and `orders` calls `payments`. Some people check out and pay, others only browse and never
# touch payments. At 60 s payments becomes ten times slower, for 30 s. **Who notices, and for how long?**

# %%
import pandas as pd

import sim
from sim.plots.picture import Picture

ME = "Ada Lovelace"  # your name
shop = sim.load("../scenarios/cascade_vs_backlog.yaml")

# %% [markdown]
# ## Your prediction
#
# Browsers never call payments, neither directly nor through anybody else. **What share of them is served in time while payments
# is slow?** What if orders does not call payments but leaves a message in a queue (asynchronous)? And what if it calls, and
# leaves a message only when it has had no answer for 500 ms (hybrid)?

# %%
my_prediction = {"synchronous": None, "asynchronous": None, "hybrid": None}  # browsers served in time, in %

# %% [markdown]
# ## The model, and what it leaves out
#
# 100 shoppers and 50 browsers come per second; each gives the shop 2 s. A worker is held from the beginning of a request to its
# end, **also while it waits for an answer from somebody else**. That one sentence is the lesson. Each service has a line of 64
# places per replica. Left out: people who try again (notebook 03), health checks, more machines.
#
# The file holds the shop in three ways, and everything but the design is the same:
#
# - **synchronous**: orders calls payments and waits, at most 1.5 s;
# - **asynchronous**: orders leaves a message and answers at once; payments takes messages when a worker is free;
# - **hybrid**: orders calls, but waits only 500 ms; what is not answered by then goes through the queue.
#
# ## Run

# %%
ways = list(my_prediction)
compared = sim.compare(shop, variants=ways, replications=4)
runs = compared.runs
for way in ways:
    browsers = 100 * runs[way].value("goodput ratio", "browsers", "fault")
    print(f"{way:13} browsers served in time: {browsers:5.1f} %; you predicted {my_prediction[way]}")

# %% [markdown]
# ## Look
#
# The three designs meet the same people at the same instants, and the same fault (shaded).

# %%
Picture(
    compared.plot(),
    "Three designs below each other. Synchronous: shoppers and browsers both fall to almost nothing during "
    "the fault. Asynchronous: both are answered throughout, while charging almost stops and is made up for "
    "afterwards. Hybrid: answered throughout as well.",
)

# %% [markdown]
# How does a fault in payments reach people who never pay? Ask the run for its story.

# %%
print(runs["synchronous"].explain())

# %% [markdown]
# Press Play, or drag the slider into the shaded fault. *(If the space below is empty, run the cell: Jupyter lets a page move
# only after you have run or trusted it.)*

# %%
runs["synchronous"].replay()

# %%
Picture(
    runs["synchronous"].plot()["services"],
    "Workers busy and requests waiting, for web, orders and payments. In the fault all three are at 100 %, "
    "one after the other: payments first, then orders, then web.",
)

# %% [markdown]
# Read it from the bottom: payments' workers are busy, because its work takes ten times as long. Within a second the workers of
# orders are all held by calls to payments, and then those of web by calls to orders. Web has work for a few milliseconds,
# and does none of it: **its workers stand and wait**. A browser finds nobody free.
#
# ## Check it by another road: workers held
#
# Little's law: on average, *workers held = calls per second × how long each is held*.

# %%
workers, timeout_s, rate = 2 * 16, 1.5, 100
print(f"orders can be in the middle of {workers} calls. If each takes its whole timeout of {timeout_s} s,")
print(f"orders gets through {workers} / {timeout_s} s = {workers / timeout_s:.0f} of the {rate} calls a second.")
passed = runs["synchronous"].value("throughput", "orders", "fault")
print(f"measured during the fault: {passed:.0f}/s")

# %% [check]
browsers = {way: runs[way].value("goodput ratio", "browsers", "fault") for way in ways}
assert browsers["synchronous"] < 0.1 and browsers["asynchronous"] > 0.99 and browsers["hybrid"] > 0.97
assert 19 < passed < 30
story = runs["synchronous"].explain().sentences
full = {s.of: s.at_s for s in story if "workers are busy" in s.text}
assert full["payments"] < full["orders"] < full["web"] < 61

# %% [markdown]
# ## Check it by another road: the backlog as water
#
# Behind the queue the same fault is arithmetic. Payments can do 2 × 4 workers / 40 ms = 200 charges a second, and 20 a second
# while it is slow. 100 a second come in.

# %%
water = sim.theory.fluid_backlog(rate=100, capacity=200, outage_s=30, capacity_during=20)
asynchronous = runs["asynchronous"]
peak, drain_s = (asynchronous.value(measure, "charges", "all") for measure in ("backlog peak", "drain time"))
print(f"waiting at the end of the fault: {water.peak:.0f} as water, {peak:.0f} measured")
print(f"gone after: {water.drain_s:.0f} s as water, {drain_s:.0f} s measured")

# %% [check]
assert abs(peak / water.peak - 1) < 0.06 and abs(drain_s - water.drain_s) < 4

# %% [markdown]
# A backlog has a date of death that you can work out on the back of an envelope. A cascade has not.
#
# ## What it costs
#
# Everybody is answered behind the queue, but an answer is not a charge. Three ways to be wronged: charged though answered "failed"
# (a **ghost**), charged twice (**duplicated**), and answered "yes" but charged late.

# %%
def wrongs(run):
    """Return what shoppers who came during the fault have met, the mean of the replications."""
    counts = {name: run.value(name, "charged", "fault") for name in ("ghost", "duplicated")}
    answered, late = (run.value(name, "shoppers", "fault") for name in ("answered ratio", "done latency p50"))
    return {"answered (%)": 100 * answered, **counts, "median to charge (s)": late}

pd.DataFrame({way: wrongs(run) for way, run in runs.items()}).T.round(1)

# %% [check]
found = {way: wrongs(run) for way, run in runs.items()}
assert found["synchronous"]["ghost"] > 500 and found["asynchronous"]["ghost"] == 0
assert found["hybrid"]["duplicated"] > 500 > found["asynchronous"]["duplicated"]
assert found["asynchronous"]["median to charge (s)"] > 15
assert 28 < found["hybrid"]["median to charge (s)"] < 36

# %% [markdown]
# Synchronously, hundreds of shoppers are answered that it failed, and are charged. (They went away; payments did not know.)
# Asynchronously nobody gets a wrong answer, and half of the charges come more than a quarter of a minute late. The hybrid looks like the best of
# both, and charges hundreds **twice**: by the call that was given up, and by the message that stood in for it. The charges
# done twice take payments' time as well, so that half of its shoppers wait for half a minute. Before you use it, make charging
# idempotent.
#
# ## Break it: one switch
#
# The file has switches. Which one would you flip for the browsers? Predict: does any of them help the **shoppers**?

# %%
switches = ["circuit breaker", "short timeout", "retries"]
flipped = sim.compare(shop, variant="synchronous", toggle=switches, replications=4)
served = {
    label: [run.value("goodput ratio", of, "fault") for of in ("shoppers", "browsers")]
    for label, run in flipped.runs.items()
}
table = pd.DataFrame(served, index=["shoppers served in time (%)", "browsers served in time (%)"]).T
(100 * table).round(1)

# %% [check]
assert served["with circuit breaker"][1] > 0.85 and served["with short timeout"][1] > 0.99
assert 0.2 < served["with retries"][1] < 0.9
assert all(shoppers < 0.1 for shoppers, _ in served.values())

# %% [markdown]
# The breaker and the short timeout give browsers their shop back: workers are let go. **No switch helps the shoppers**:
# payments can do 20 charges a second, and no policy in front of it makes it do more. Retries help browsers *by accident*:
# they hold enough workers of orders that web is turned away early. Do not build on accidents.
#
# Three things to keep:
#
# 1. A cascade is made of **workers that wait**. Ask of every call: for how long may it hold its caller?
# 2. A queue turns failure into lateness: predictable, and only right when late is acceptable.
# 3. Read the ledger. "Answered" and "done" are two clocks.
#
# ## Exercises

# %%
mine = sim.exercise("02.1", seed=ME)
mine

# %%
sim.check_answer("02.1", None, seed=ME)

# %%
mine = sim.exercise("02.2", seed=ME)
mine

# %%
sim.check_answer("02.2", None, seed=ME)

# %%
mine = sim.exercise("02.3", seed=ME)
mine

# %%
sim.check_answer("02.3", None, seed=ME)

# %%
mine = sim.exercise("02.4", seed=ME)
mine

# %%
# my_run = sim.run(mine.scenario, seed=mine.seed)
# my_run.value(...)
sim.check_answer("02.4", None, seed=ME)

# %% [markdown]
# <details><summary>What to think about before you look for help</summary>
#
# - 02.1 and 02.2: the water above. What flows in, what flows out, during the fault and after it?
# - 02.3: Little's law, solved for the time.
# - 02.4: the table "What it costs" has the measure.
#
# </details>
#
# ## Sources
#
# - J. D. C. Little, *A proof for the queuing formula L = λW*, Operations Research 9 (1961).
# - L. Kleinrock, *Queueing Systems*, vol. 2, section 2.7: queues as fluids.
# - M. Nygard, *Release It!*, 2nd ed., chapters 4 and 5: blocked threads, cascading failures, timeouts.
#
# Next: [03, retries and storms](03_retries_and_storms.ipynb).
