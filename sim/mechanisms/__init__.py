"""Mechanisms: each fault, defence, rule and step says everything about itself in one declaration.

A declaration is the pydantic model of the format, which is what a file, the schema and the editor know of it, and the
answers that the other rooms need: what it asks of the engine, its reason words in the record, its label on a picture,
its sentence in the story, what it does to the arithmetic of loads, how the fault matrix tries it. The rooms iterate
over the declarations, so that no list of mechanisms is kept by hand and none can be forgotten.

::

    models of the format ┐
    engine, record       ├── read ──>  mechanisms/faults/slow.py …
    story, pictures, lab ┘

A declaration does not import the engine: it speaks to the part that it acts on by the verbs of a Protocol
(``faults.parts``). A step says what it does in verbs too (``steps.parts``), and the engine is one of their readers.

The kinds of nodes that mechanisms act on are listed in ``nodes``.
"""
