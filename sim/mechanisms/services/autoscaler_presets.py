"""Autoscalers of products: their rules and defaults.

A product's number of replicas at most has no default that a system could have (Kubernetes asks for it, Knative has no
bound), so it is given. The grace period of a pod that is stopped is Kubernetes' own, 30 s, and Knative's is the longest
time of a request, 300 s.

Not modelled: versions of a product that differ.
"""

from __future__ import annotations

from sim.fields.presets import Preset

_HORIZONTAL = {
    "every": "15s", "tolerance": "10%", "scale up": {}, "scale down": {}, "longest drain": "30s",
}  # fmt: skip

PRESETS = (
    Preset(
        "hpa",
        "kubernetes/kubernetes, pkg/controller/podautoscaler, pkg/apis/autoscaling/v2/defaults.go",
        {"scale in": "drain"},
        {**_HORIZONTAL, "min replicas": 1},
        ("target cpu", "cores", "target utilisation", "backlog", "max replicas", "boot", "down after"),
    ),
    Preset(
        "keda",
        "kedacore/keda-docs, ScaledObject specification",
        {"scale in": "drain"},
        {**_HORIZONTAL, "min replicas": 0, "max replicas": 100},
        ("backlog", "target cpu", "cores", "boot", "down after"),
    ),
    Preset(
        "knative",
        "knative/serving, config/core/configmaps/autoscaler.yaml, defaults.yaml",
        {"scale in": "drain"},
        {"concurrency": {}, "every": "2s", "min replicas": 0, "longest drain": "300s"},
        ("max replicas", "boot"),
    ),
)
