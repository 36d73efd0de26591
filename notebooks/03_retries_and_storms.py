# %% [markdown]
# # When does trying again keep a failure alive?
#
# *Notebook 03, about 40 minutes. It builds on notebooks 00 and 01.*
#
# A server with one worker can do ten requests a second; five a second come. At 100 s the worker stops, for 10 s, and then it is
# as healthy as before. Clients wait 2 s for an answer and try up to five times. **When is everyone served again?**

# %%
import math

import numpy as np
import pandas as pd

import sim
from sim.plots.beside import beside, measured
from sim.plots.picture import Picture

ME = "Ada Lovelace"  # your name
storm = sim.load("../scenarios/retry_storm.yaml")

# %% [markdown]
# ## Your prediction
#
# The outage ends at 110 s, and the run continues until 600 s. Write down the second at which clients are served again: with
# retries, and without.

# %%
my_prediction = {"storm": None, "no retries": None}  # second of the run

# %% [markdown]
# ## The model, and what it leaves out
#
# The line has no end, first come, first served. A client who has waited 2 s sends its next attempt at once; the server does
# not know that she has left the line, and works for the old attempt all the same when its turn comes. After five
# attempts the client gives up. Left out: a server that notices who has left, and a line that is cut. They come below, as cures.
#
# ## Run

# %%
last = "500s to 600s"
compared = sim.compare(storm, variants=["storm", "no retries"], replications=10)
runs = compared.runs
for way, run in runs.items():
    back = run.value("recovery time", "clients", "fault")
    told = "never, until the end" if back is None else f"{back:.0f} s after the outage, on average"
    print(f"{way:10} served again: {told}; you predicted: {my_prediction.get(way)}")
    good = 100 * run.value("goodput ratio", "clients", last)
    print(f"{'':10} served in time in the last 100 s: {good:.1f} %")

# %% [markdown]
# ## Look

# %%
Picture(
    compared.plot(),
    "The same five clients a second, with retries above and without below. Above, answers stop at 100 s and "
    "never come back. Below, they are back soon after 110 s.",
)

# %%
Picture(
    runs["storm"].plot()["services"],
    "With retries: from 100 s on the worker is busy all the time, and the line grows in a straight line until "
    "600 s, when the last clients have come.",
)

# %%
print(runs["storm"].explain())

# %% [markdown]
# The cause has been gone for eight minutes, and nobody is served. Nothing in the server is broken. **The load is now made by
# the failure itself**: this state is called *metastable*. The worker is busy all the time, for clients who have left.
#
# ## Check it by another road
#
# While every attempt times out, each client sends all five: 5 clients/s × 5 attempts = 25/s, against 10/s that the server can
# do. The line grows by 15/s; a client who joins it will time out as well. It feeds itself.

# %%
attempts = runs["storm"].value("attempts rate", "clients -> server", last)
busy, wasted = (100 * runs["storm"].value(name, "server", last) for name in ("utilisation", "wasted share"))
print(f"attempts per second: {5 * sim.theory.retry_amplification([5])} by formula, {attempts:.1f} measured")
print(f"the worker: {busy:.0f} % busy, {wasted:.0f} % of it for clients who have left")

# %% [check]
assert runs["storm"].value("goodput ratio", "clients", last) == 0
assert abs(attempts - 25) < 1 and wasted == 100 and busy > 99
assert runs["no retries"].value("goodput ratio", "clients", last) > 0.99
assert 0 < runs["no retries"].value("recovery time", "clients", "fault") < 20

# %% [markdown]
# **How long must an outage be?** The storm lives if the line, at the outage's end, is longer than what can be served within the
# 2 s timeout: 2 s × 10/s = 20 requests. In an outage of $d$ seconds $5d$ clients come, and who came more than 2 s before its end has sent
# a second attempt: $5(d-2)$ more. So $5d + 5(d-2) = 20$, and the border is at **3 s**. Play it.

# %%
lengths = [1, 2, 3, 4, 5, 6]
lost = []
for length in lengths:
    run = sim.run(storm, variant="storm", replications=10, set_={"faults.the worker stops.for": f"{length}s"})
    served = run.values["goodput ratio", "clients", last]
    lost.append(sum(share < 0.5 for share in served))
pd.DataFrame({"outage (s)": lengths, "runs of 10 that never recover": lost}).set_index("outage (s)").T

# %% [check]
assert lost[0] == lost[1] == 0 and 0 < lost[2] < 10 and lost[4] == lost[5] == 10

# %% [markdown]
# The border is where the arithmetic puts it, and it is blurred: at 3 s, chance decides. The same system, the same outage, and some
# days it recovers and some days it does not. Remember this when somebody says "but last time it came back by itself".
#
# ## Which cure works?
#
# Two switches. **Backoff**: wait 1, 2, 4 and 8 s between attempts. **Short line**: turn away at once who finds ten others waiting.
# Predict which of them ends the storm; the first is the
# usual advice.

# %%
cures = ("backoff", "short line")
cured = {cure: sim.run(storm, variant="storm", with_=[cure], replications=10) for cure in cures}
table = pd.DataFrame({
    name: {"served in time (%)": 100 * run.value("goodput ratio", "clients", last),
           "attempts per s": run.value("attempts rate", "clients -> server", last),
           "work in vain (%)": 100 * run.value("wasted share", "server", last)}
    for name, run in {"neither": runs["storm"], **cured}.items()
}).T.rename_axis("in the last 100 s").round(1)
table

# %% [check]
assert table["served in time (%)"]["backoff"] < 5 and table["attempts per s"]["backoff"] > 20
assert table["served in time (%)"]["short line"] > 98 and table["work in vain (%)"]["short line"] < 5

# %% [markdown]
# Backoff spreads the same five attempts over a longer time. Every client still sends five, and in the long run 25/s are 25/s.
# The short line works because
# a client who is let in waits for at most ten others, 1 s, and is answered in time: the storm has nothing to feed on.
#
# ## Break it: retries in layers
#
# Three services call each other, each tries the next up to three times, and the bottom fails every time. How many calls does
# the bottom get for one request at the top? Predict. Then let the bottom fail only now and then.

# %%
def layers(fail):
    """Return a chain of three links with three attempts each, over a bottom that fails with a share."""
    steps = {"a": {"call": "b.ask"}, "b": {"call": "c.ask"}, "c": {"call": "d.ask"}, "d": {"fail": fail}}
    retry = {"retry": {"max attempts": 3}}
    return sim.Scenario(
        version=1, title="Retries in layers", question="What does the bottom get?", lesson="Layers multiply.",
        duration="200s", replications=5, workload={"clients": {"calls": "a.ask", "rate": "20/s"}},
        services={n: {"workers": 64, "waiting": 64, "operations": {"ask": [step]}} for n, step in steps.items()},
        links={"a -> b": retry, "b -> c": retry, "c -> d": retry},
    )

# %%
shares = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100]
rows = [measured(sim.run(layers(f"{share}%")), "amplification", "c -> d") for share in shares]

def formula(p):
    """Return the calls of the bottom for one request: the attempts of each layer, multiplied.

    A layer fails when its three attempts have: with p**3 the lowest, with p**9 the one above it.
    """
    return math.prod(sim.theory.expected_attempts(failing, 3) for failing in (p, p**3, p**9))

# %%
fine = np.linspace(0, 1, 101)
figure = beside(
    {"measured": (shares, rows)}, {"formula, independent failures": (100 * fine, [formula(p) for p in fine])},
    "Retries in layers are cheap for bad luck and ruinous for an outage",
    "calls of the bottom that fail (%)", "calls of the bottom per request",
    "seed 1 · 5 replications · bars: 95 % intervals",
)
Picture(figure, f"Calls per request: {formula(0.5):.1f} where half of the calls fail, 27 where all do.")

# %%
down = sim.theory.retry_amplification([3, 3, 3])
print(f"calls per request, by formula: {formula(0.3):.2f} at 30 %, {formula(0.5):.2f} at 50 %, {down} at 100 %")
print(f"measured: {rows[2]['mean']:.2f}, {rows[4]['mean']:.2f} and {rows[-1]['mean']:.0f}")

# %% [check]
assert rows[-1]["mean"] == 27 == down
assert all(abs(row["mean"] / formula(share / 100) - 1) < 0.05 for share, row in zip(shares, rows))

# %% [markdown]
# This is why retries look harmless in every test and are not: at 30 % bad luck they cost less than half a call more, and in
# an outage, exactly when the bottom can bear least, they multiply: 3 × 3 × 3 = 27. **Retry in one layer only**, and give it a
# budget.
#
# Three things to keep:
#
# 1. A retry is load made of failure. Ask of every system: *how much is offered when everything fails?*
# 2. Ending the cause need not end the failure. Shed load first, then repair.
# 3. Backoff is manners, not a cure; limits on what is let in are.
#
# ## Exercises

# %%
mine = sim.exercise("03.1", seed=ME)
mine

# %%
sim.check_answer("03.1", None, seed=ME)

# %%
mine = sim.exercise("03.2", seed=ME)
mine

# %%
sim.check_answer("03.2", None, seed=ME)

# %%
mine = sim.exercise("03.3", seed=ME)
mine

# %%
sim.check_answer("03.3", None, seed=ME)

# %%
mine = sim.exercise("03.4", seed=ME)
mine

# %%
# my_run = sim.run(mine.scenario, seed=mine.seed)
# my_run.value(...)
sim.check_answer("03.4", None, seed=ME)

# %% [markdown]
# <details><summary>What to think about before you look for help</summary>
#
# - 03.1: when is the second attempt made, and when the third?
# - 03.2: the layers above, with your numbers.
# - 03.3: how much is offered when every attempt times out?
# - 03.4: predict the number before you play it.
#
# </details>
#
# ## Sources
#
# - N. Bronson et al., *Metastable failures in distributed systems*, HotOS 2021.
# - B. Beyer et al., *Site Reliability Engineering*, chapter 22: retries in layers, retry budgets.
# - M. Brooker, *Exponential backoff and jitter*, AWS Architecture Blog (2015).
#
# Next: [04, circuit breakers](04_circuit_breakers.ipynb).
