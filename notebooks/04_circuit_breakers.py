# %% [markdown]
# # Which callers does a circuit breaker help, and can it hurt?
#
# *Notebook 04, about 40 minutes. It builds on notebook 02.*
#
# A circuit breaker counts failures of a call. After five in a row it **opens**: for 30 s calls fail at once, without being sent. Then
# it is **half-open** and lets one probe through; if that succeeds, it **closes**. It was made for the cascade of notebook 02.

# %%
import numpy as np
import pandas as pd

import sim
from sim.plots.beside import beside, measured
from sim.plots.picture import Picture

ME = "Ada Lovelace"  # your name
shop = sim.load("../scenarios/cascade_vs_backlog.yaml")

# %% [markdown]
# ## Your prediction
#
# Payments becomes ten times slower from 60 s to 90 s. Orders calls it with a timeout of 1.5 s and a breaker. When does the breaker
# open? When does it close? And what share of browsers and of shoppers does it save?

# %%
my_prediction = {"opens at (s)": None, "closes at (s)": None, "browsers (%)": None, "shoppers (%)": None}

# %% [markdown]
# ## The model, and what it leaves out
#
# The breaker is one line of the scenario, on the link from orders to payments, and all replicas of orders share it. It counts
# what its caller sees: **errors and timeouts**. A call that takes long and then succeeds is a success.
# Left out here: breakers that count ratios, or slow calls, and a breaker for each replica.

# %%
print(shop.toggles["circuit breaker"].about)
compared = sim.compare(shop, variant="synchronous", toggle="circuit breaker", replications=4)
without, guarded = compared.runs.values()

# %% [markdown]
# ## Run

# %%
served = pd.DataFrame({
    label: {of: 100 * run.value("goodput ratio", of, "fault") for of in ("browsers", "shoppers")}
    for label, run in compared.runs.items()
})
print("you predicted:", *(f"{what} {told}" for what, told in my_prediction.items()), sep="\n  ")
served.T.rename_axis("served in time (%)").round(1)

# %% [markdown]
# ## Look

# %%
Picture(
    guarded.plot()["breakers"],
    "State of the breaker over time: closed until about 63 s, open for 30 s, half-open for a moment, and closed "
    "again.",
)

# %%
Picture(
    compared.plot(),
    "Without and with the breaker. Without: shoppers and browsers both fall during the fault. With it: browsers "
    "dip for some seconds and are back, shoppers stay at almost nothing until the breaker closes.",
)

# %%
changes = guarded.events.query("kind.str.startswith('breaker')", engine="python")[["at", "kind"]].round(2)
changes

# %% [markdown]
# The breaker saves those who **never pay**. It cannot save shoppers: payments can do 20 charges a second, with a breaker or without. It
# fails them at once instead of after 1.5 s, which lets the workers go. And it has a price: payments is well again at 90 s, and
# the breaker opens its door only 30 s after it opened, three seconds later.
#
# ## Check it by another road: why at 63 s?
#
# Five timeouts in a row. The first calls that can time out are sent when the line has grown so long that they wait 1.5 s, and a timeout
# takes 1.5 s to be known. As water: 100/s come, 20/s are served, so the line grows by 80/s; waiting behind $n$ others at 20/s takes
# $n/20$ s. The wait is beyond 1.5 s minus 0.4 s of work when 22 are waiting, which takes 0.3 s.

# %%
work_s, timeout_s = 0.4, 1.5
line = (timeout_s - work_s) * 20
first_timeout = 60 + line / (100 - 20) + timeout_s
opened_at = changes["at"].iloc[0]
print(f"by water, a call sent at {60 + line / 80:.1f} s is the first to wait too long;")
print(f"it times out at {first_timeout:.1f} s")
print(f"the first timeouts come one by one among successes; five in a row at {opened_at:.1f} s")

# %% [check]
assert served["with circuit breaker"]["browsers"] > 85 and served["with circuit breaker"]["shoppers"] < 5
assert served["synchronous"]["browsers"] < 10
assert first_timeout < opened_at < first_timeout + 2
closed_at = changes["at"].iloc[-1]
assert 92 < closed_at < 94 and list(changes["kind"]) == ["breaker open", "breaker half-open", "breaker closed"]

# %% [markdown]
# ## Slow is not failed
#
# Give payments a patient timeout of 5 s instead of 1.5 s. Predict: does the breaker open earlier, later, or not at all?

# %%
timeouts = [250, 500, 1000, 1500, 2000, 3000, 5000]
place, on = "links.orders:payments.timeout", ["circuit breaker"]
guarded_runs = {
    ms: sim.run(shop, variant="synchronous", with_=on, replications=2, set_={place: f"{ms}ms"})
    for ms in timeouts
}

# %%
table = pd.DataFrame({
    ms: {"breaker open (% of the run)": 100 * run.value("breaker open share", "orders -> payments"),
         "browsers served (%)": 100 * run.value("goodput ratio", "browsers", "fault")}
    for ms, run in guarded_runs.items()
}).T.rename_axis("timeout (ms)").round(1)
table

# %% [check]
assert table["breaker open (% of the run)"][5000] == 0 and table["browsers served (%)"][5000] < 10
assert table["breaker open (% of the run)"][1500] > 10 and table["browsers served (%)"][1500] > 85
assert table["browsers served (%)"][500] > table["browsers served (%)"][1500]

# %% [markdown]
# With a patient timeout it never opens. Orders has 32 workers, so at most 32 calls are under way; payments, even ten times slower,
# answers 20/s, so a call takes at most about 32 / 20 = 1.6 s, and within 5 s every one *succeeds*. The breaker sees only
# successes, and browsers are lost. **A breaker is as good as the timeout in front of it.**
#
# ## Break it: a breaker that hurts
#
# Now nothing is slow and nobody is overloaded: a share $p$ of the calls just fails, at random. Without a breaker $1-p$ succeed.
# With one, bad luck makes five in a row sooner or later. Feller worked out how long that takes, in calls:
#
# $$\frac{p^{-5}-1}{1-p}$$

# %%
def unlucky(p):
    """Return a shop whose stock fails for a share of its calls, with a breaker as a toggle."""
    breaker = {"breaker": {"failures": 5, "open for": "30s", "probes": 1}}
    return sim.Scenario(
        version=1, title="Bad luck", question="What does a breaker do to it?", lesson="It multiplies it.",
        duration="2000s", drain="10s", replications=5,
        workload={"callers": {"calls": "shop.buy", "rate": "10/s"}},
        services={"shop": {"workers": 8, "waiting": 64, "operations": {"buy": [{"call": "stock.ask"}]}},
                  "stock": {"workers": 8, "waiting": 64, "operations": {"ask": [{"fail": f"{p}%"}]}}},
        links={"shop -> stock": {}},
        toggles={"breaker": {"about": "5, 30 s, 1", "patch": {"links": {"shop -> stock": breaker}}}},
    )

# %%
def good(p, **how):
    """Return the row of what succeeds: mean and interval."""
    return measured(sim.run(unlucky(p), **how), "goodput ratio", "callers")

def formula(p):
    """Return what succeeds with the breaker: closed for a while, then open until a probe succeeds."""
    closed_s, open_s = sim.theory.breaker_opens(10, 5, p), 30 / (1 - p)
    return (1 - p) * closed_s / (closed_s + open_s)

shares = [10, 20, 25, 30, 35, 40, 50]
off, on = [good(p) for p in shares], [good(p, with_=["breaker"]) for p in shares]

# %%
fine = np.linspace(0.05, 0.5, 91)
figure = beside(
    {"no breaker, measured": (shares, off), "breaker, measured": (shares, on)},
    {"no breaker: 1 - p": (100 * fine, 1 - fine), "breaker: formula": (100 * fine, [formula(p) for p in fine])},
    "A breaker makes an outage of bad luck", "calls that fail at random (%)", "calls that succeed (%)",
    "seed 1 · 5 replications of 2,000 s · bars: 95 % intervals", scale=100, top=105,
)
Picture(figure, "Successful calls against random failures: far below 1 - p with the breaker, from 25 % on.")

# %%
for i, p in enumerate(shares):
    without_it, with_it = 100 * off[i]["mean"], 100 * on[i]["mean"]
    print(f"{p} % fail: {without_it:.0f} % succeed without the breaker, {with_it:.0f} % with it")

# %% [check]
assert all(abs(row["mean"] - formula(p / 100)) < 0.06 for p, row in zip(shares, on))
assert all(abs(row["mean"] - (1 - p / 100)) < 0.01 for p, row in zip(shares, off))
assert off[-1]["mean"] > 0.48 and on[-1]["mean"] < 0.08 and on[3]["mean"] < 0.48

# %% [markdown]
# At 50 %, half of the calls would have succeeded, and almost none do: the breaker has turned one bad coin in two into an outage. Here
# a failure cost nothing (nobody was held), so there was nothing to protect. **Guard calls whose failure costs the caller time**,
# and let five in a row mean *down*, not *unlucky*: a ratio over many calls distinguishes the two better.
#
# Three things to keep:
#
# 1. A breaker saves the **neighbours** of a failing call, not the call.
# 2. It sees only what the timeout shows it: slow is not failed.
# 3. It has a price, late closing and false alarms, and the price can be worked out before it is paid.
#
# ## Exercises

# %%
mine = sim.exercise("04.1", seed=ME)
mine

# %%
sim.check_answer("04.1", None, seed=ME)

# %%
mine = sim.exercise("04.2", seed=ME)
mine

# %%
sim.check_answer("04.2", None, seed=ME)

# %%
mine = sim.exercise("04.3", seed=ME)
mine

# %%
# my_run = sim.run(mine.scenario, seed=mine.seed)
# my_run.events
sim.check_answer("04.3", None, seed=ME)

# %%
mine = sim.exercise("04.4", seed=ME)
mine

# %%
# sim.run(mine.scenario, seed=mine.seed).plot()["breakers"]
sim.check_answer("04.4", None, seed=ME)

# %% [markdown]
# <details><summary>What to think about before you look for help</summary>
#
# - 04.1: the formula above, and calls per second.
# - 04.2: how long is it closed, how long open, and what does a failed probe do?
# - 04.3: `run.events` has the instant; the fault begins at 60 s.
# - 04.4: how long can a call take when it waits behind all others that are allowed in?
#
# </details>
#
# ## Sources
#
# - M. Nygard, *Release It!*, 2nd ed., chapter 5: circuit breakers and timeouts.
# - W. Feller, *An Introduction to Probability Theory and Its Applications*, vol. 1, section XIII.7: waiting for a run of successes.
#
# This is the last of the first five. Back to [00, start here](00_start_here.ipynb), or write a scenario of your own.
