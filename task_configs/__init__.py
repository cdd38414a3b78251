"""YAML task files, and small data made by the project itself.

    insurance_routing.csv: query,department,split
    "I already cancelled my car policy, now I want to get a copy of the tax statement.",documents,train

*Not here:* code that the rest of lfine imports: nobody imports this package. Its generators are run by hand.
"""
