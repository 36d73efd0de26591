# %% [markdown]
# # Why do queues explode long before everyone is busy?
#
# *Notebook 01, about 40 minutes. It builds on notebook 00.*
#
# A server is busy half of the time, and a request waits as long as it is worked on. Load goes up until the server is busy
# nineteen twentieths of the time. That is less than twice the load. How much longer is the wait?

# %%
import numpy as np
import pandas as pd

import sim
from sim.plots.beside import beside, measured
from sim.plots.picture import Picture

ME = "Ada Lovelace"  # your name

# %% [markdown]
# ## Your prediction
#
# At 50 % load the mean wait is as long as the work itself. **How many times as long as the work is it at 95 %?**
# And a second one: at 70 % load, **one request in a hundred takes longer than how many times the mean?** Write both down.

# %%
my_prediction = None  # times the work, at 95 %

# %% [markdown]
# ## The model, and what it leaves out
#
# One line, first come, first served. A hundred requests a second come at random: what one does says nothing about the
# others (a Poisson process). The work is exponential unless we say otherwise. The line has no end, and nobody leaves it.
# Real systems have timeouts and limits; they are left out here, so that the line itself can be seen.

# %%
def one_line(work, **server):
    """Return a scenario with one service, given its law of work."""
    handle = {"operations": {"handle": [{"work": work}]}}
    return sim.Scenario(
        version=1, title="One line", question="How long is the wait?", lesson="Longer than you think.",
        duration="1000s", warmup="100s", replications=4,
        workload={"callers": {"calls": "server.handle", "rate": "100/s"}},
        services={"server": {"workers": 1, "waiting": "unlimited", **server, **handle}},
    )

# %% [markdown]
# ## Run
#
# The rate stays 100/s and the work gets longer: 5 ms make 50 % load, 9.5 ms make 95 %. Each load is played four times.

# %%
loads = [0.5, 0.6, 0.7, 0.8, 0.9, 0.95]
runs = {load: sim.run(one_line(f"exponential {10 * load}ms")) for load in loads}
waits = {load: measured(run, "wait mean", "server") for load, run in runs.items()}
for load, wait in waits.items():
    times = wait["mean"] / (load / 100)
    print(f"{100 * load:.0f} % load: mean wait {1000 * wait['mean']:6.1f} ms = {times:4.1f} times the work")

# %% [markdown]
# ## Look, and check by a formula
#
# For this system, called M/M/1, the wait was worked out a century ago. With load $\rho$ (rate times mean work):
#
# $$\text{mean wait} = \frac{\rho}{1-\rho} \times \text{mean work}$$
#
# The curve below is the formula. The marks are the runs. Neither knows of the other.

# %%
fine = np.linspace(0.02, 0.96, 200)
figure = beside(
    {"measured": ([100 * load for load in loads], list(waits.values()))},
    {"M/M/1": (100 * fine, [sim.theory.mm1(100, 100 / load).wait_s for load in fine])},
    "The wait explodes long before 100 %", "load (%)", "mean wait (ms)",
    "seed 1 · 4 replications of 1,000 s · bars: 95 % intervals", scale=1000,
)
Picture(figure, "Mean wait against load: flat until about 70 %, then ever more steeply upwards.")

# %%
ratio = {load: sim.theory.mm1(100, 100 / load).wait_s / (load / 100) for load in loads}
print("by formula, times the work:", ", ".join(f"{ratio[load]:.0f} at {100 * load:.0f} %" for load in loads))
print(f"you predicted {my_prediction} for the last")

# %% [check]
# Measured and worked out agree: closely where the line is short, within the noise where it is long.
for load, wait in waits.items():
    theory = sim.theory.mm1(100, 100 / load).wait_s
    assert abs(wait["mean"] / theory - 1) < (0.05 if load < 0.9 else 0.25)
assert [round(ratio[load]) for load in (0.5, 0.8, 0.9, 0.95)] == [1, 4, 9, 19]

# %% [markdown]
# From 50 % to 95 % the load does not even double, and the wait grows nineteenfold. The reason is in the denominator:
# what counts is not how busy the server is, but **how little idle time is left** to catch up in. Going from 90 % to 95 %
# halves the idle time, and doubles the wait.
#
# Look at the bars, too. Near saturation even an hour of measuring says little: the line wanders, and one bad minute in a
# replication moves its mean. A measurement without an interval is a rumour.
#
# ## The tail
#
# Nobody is the mean. Take the run at 70 % and ask which share of requests takes longer than a given time.

# %%
latency = runs[0.7].requests.query("arrived_at >= 100")["latency_s"]
times = np.arange(0, 0.15, 0.01)
share = [{"mean": (latency > t).mean(), "low": None, "high": None} for t in times]
figure = beside(
    {"measured": (1000 * times, share)},
    {"formula: exponential": (1000 * times, [sim.theory.mm1_sojourn_tail(100, 100 / 0.7, t) for t in times])},
    "One in a hundred takes almost five times the mean", "time in the system (ms)", "share that takes longer",
    f"seed 1 · replication 1 · n = {len(latency):,} requests", log=True,
)
Picture(figure, "The share of requests that take longer falls as a straight line on a logarithmic scale.")

# %%
mean, p99 = (runs[0.7].value(measure, "callers") for measure in ("latency mean", "latency p99"))
print(f"mean {1000 * mean:.0f} ms, p99 {1000 * p99:.0f} ms: {p99 / mean:.1f} times the mean")
print(f"by formula: ln 100 = {np.log(100):.1f} times the mean")

# %% [check]
assert 4.2 < p99 / mean < 5.0

# %% [markdown]
# The time in this system is exponential again, so its p99 is $\ln 100 \approx 4.6$ means. A page that asks for
# twenty of these one after the other meets a slow request almost every fifth time: $1 - 0.99^{20} = 18\,\%$.

# %%
print(f"{100 * sim.theory.fan_out_slow_ratio(0.01, 20):.0f} % of pages with 20 parts meet a slow one")

# %% [markdown]
# ## Break it: is it the load, or the chance?
#
# Keep the load at 80 % and change only how much the work varies. Its **coefficient of variation** (cv) is its standard
# deviation over its mean: 0 when every request takes exactly 8 ms, 1 for the exponential, 2 when a few are very long.
# Pollaczek and Khinchine found that the wait grows with $(1 + cv^2)/2$.

# %%
laws = {"constant": ("8ms", 0), "exponential": ("exponential 8ms", 1), "heavy": ("lognormal 8ms cv 2", 2)}
played = {name: runs[0.8] if cv == 1 else sim.run(one_line(law)) for name, (law, cv) in laws.items()}
table = pd.DataFrame({
    name: {"cv": cv, "measured wait (ms)": 1000 * played[name].value("wait mean", "server"),
           "formula (ms)": 1000 * sim.theory.mg1(100, 0.008, cv**2).wait_s}
    for name, (law, cv) in laws.items()
}).T.round(1)
table

# %% [check]
assert (abs(table["measured wait (ms)"] / table["formula (ms)"] - 1) < [0.05, 0.08, 0.25]).all()
assert list(table["formula (ms)"]) == [16.0, 32.0, 80.0]

# %% [markdown]
# The same load, the same mean, and a wait of 16, 32 or 80 ms. Averages do not queue; requests do. This is why one slow
# kind of request, mixed in with the quick ones, is felt by everyone.
#
# ## One line or four?
#
# Four workers, 80 % load. Does it matter whether they share one line, or whether each replica has a line of its own?
# Predict first: which is best, which is worst, and by how much?

# %%
ways = {
    "one line, 4 workers": {"workers": 4},
    "4 lines, random": {"replicas": 4, "balance": "random"},
    "4 lines, round robin": {"replicas": 4, "balance": "round robin"},
    "4 lines, least outstanding": {"replicas": 4, "balance": "least outstanding"},
}
runs_of_4 = {way: sim.run(one_line("exponential 32ms", **how)) for way, how in ways.items()}
pooled = {way: 1000 * run.value("wait mean", "server") for way, run in runs_of_4.items()}

# %%
formula = [1000 * sim.theory.mmc(100, 1 / 0.032, 4).wait_s, 1000 * sim.theory.mm1(25, 1 / 0.032).wait_s]
by_formula = dict(zip(ways, [*(f"{wait:.0f}" for wait in formula), "none", "none"]))
rounded = {way: f"{wait:.0f}" for way, wait in pooled.items()}
pd.DataFrame({"measured wait (ms)": rounded, "formula (ms)": by_formula})

# %% [check]
one, random, robin, least = pooled.values()
assert one < least < robin < random and 4.5 < random / one < 6.2 and robin > 2 * one
assert abs(one / formula[0] - 1) < 0.12 and abs(random / formula[1] - 1) < 0.12

# %% [markdown]
# One shared line is best (the formula is M/M/c, Erlang C), and four random lines are four separate M/M/1 systems: more than
# four times worse, with the same machines. In random lines a request can stand behind a long one while a worker next door is
# idle. Knowing who has the least to do wins most of it back.
#
# Three things to keep:
#
# 1. The wait is governed by the **idle** share: it goes as $\rho/(1-\rho)$.
# 2. Variation is as bad as load: $(1+cv^2)/2$.
# 3. Share the line before you buy machines.
#
# ## Exercises

# %%
mine = sim.exercise("01.1", seed=ME)
mine

# %%
sim.check_answer("01.1", None, seed=ME)

# %%
mine = sim.exercise("01.2", seed=ME)
mine

# %%
sim.check_answer("01.2", None, seed=ME)

# %%
mine = sim.exercise("01.3", seed=ME)
mine

# %%
sim.check_answer("01.3", None, seed=ME)

# %%
mine = sim.exercise("01.4", seed=ME)
mine

# %%
sim.check_answer("01.4", None, seed=ME)

# %% [markdown]
# <details><summary>What to think about before you look for help</summary>
#
# - 01.1: first the load, then how many times the work the wait is.
# - 01.2: the mean time in the system is wait plus work; its tail is exponential.
# - 01.3: square the coefficient of variation.
# - 01.4: begin with the least number of workers that can keep up at all.
#
# </details>
#
# ## Sources
#
# - A. K. Erlang (1917), F. Pollaczek (1930), A. Khinchine (1932), as in D. Gross, J. Shortle, J. Thompson, C. Harris,
#   *Fundamentals of Queueing Theory*, 4th ed., sections 3.2, 3.4 and 6.1.
# - J. Dean and L. A. Barroso, *The tail at scale*, CACM 56 (2013): pages of many parts.
#
# Next: [02, cascade or backlog](02_cascade_or_backlog.ipynb).
