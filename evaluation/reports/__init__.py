"""The report: one self-contained HTML page made from the files of an evaluation and, where there is one, its run.

    from lfine.evaluation.reports.page import write_report
    write_report(Path("runs/claims/20260714T090000Z"), Path("runs/claims/20260714T090000Z/evaluations/tuned"))

*Not here:* computing scores (lfine.evaluation.scoring). Nothing in a page comes from the network or runs in it.
"""
