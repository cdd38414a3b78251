"""SQL exact: the share of answers that are the gold query otherwise written, as sqlglot parses and normalises both.

    gold "SELECT T1.a FROM t AS T1 WHERE T1.b = 'X'"   answer "select t.a from T as t where (t.b == 'X');"   → 1.0
    gold "SELECT a FROM t WHERE b = 1 AND c = 2"       answer "SELECT a FROM t WHERE c = 2 AND b = 1"        → 1.0
    gold "SELECT a FROM t WHERE b = 'X'"               answer "SELECT a FROM t WHERE b = 'x'"                → 0.0

What does not count: white space, comments, case and quotes of names, a last semicolon, `AS`, the names of table
aliases, names given to columns of the result, `INNER`, `ASC`, `<>` or `!=`, parentheses that change nothing, the order
of what AND, OR, = and != join. `dialect` is that of both (sqlite where it is not given). An answer that does not parse
is wrong; where the gold query does not, its row is left out of the mean.
*Not here:* queries that mean the same in other words (lfine.evaluation.metrics.sql_execution).
"""

from __future__ import annotations

from functools import lru_cache, partial, reduce
from typing import TYPE_CHECKING

from lfine.evaluation.metrics.registry import Answered, PerExample, metric, parameter

if TYPE_CHECKING:
    from sqlglot.exp import Expr

LONGEST = 20_000
"""Characters of a query that is looked at."""
SQLITE = "sqlite"


@metric(
    output_types=("sql",),
    kind="mean",
    source="equality of sqlglot's syntax trees after normalisation of names, aliases and the order of operands",
    parameters={"dialect": SQLITE},
    right_or_wrong=True,
)
def sql_exact(answered: Answered) -> PerExample:
    dialect = str(parameter(answered.choice, "dialect"))
    scores: list[float] = []
    reasons: list[str | None] = []
    without: set[int] = set()
    for place, (gold, answer) in enumerate(zip(answered.golds, answered.answers, strict=True)):
        wanted, found = normal_form(gold, dialect), None if answer is None else normal_form(answer, dialect)
        scores.append(float(wanted is not None and wanted == found))
        without |= {place} if wanted is None else set()
        reasons.append(_reason(wanted, answer, found))
    return PerExample({"sql_exact": tuple(scores)}, left_out={"sql_exact": frozenset(without)}, reasons=tuple(reasons))


def _reason(wanted: str | None, answer: str | None, found: str | None) -> str | None:
    if wanted is None:
        return "the gold query does not parse"
    return "the query does not parse" if answer is not None and found is None else None


@lru_cache(maxsize=4096)
def normal_form(query: str, dialect: str) -> str | None:
    """Return a text that all queries with the same normalised tree share; None where sqlglot cannot parse it."""
    import sqlglot
    from sqlglot.errors import SqlglotError

    if len(query) > LONGEST:
        return None
    try:
        trees = sqlglot.parse(query, read=dialect)
        statements = [tree for tree in trees if tree is not None and not isinstance(tree, sqlglot.exp.Semicolon)]
        return repr(_normalised(statements[0], query, dialect)) if len(statements) == 1 else None
    except (SqlglotError, RecursionError):
        return None


def _normalised(tree: Expr, query: str, dialect: str) -> Expr:
    from sqlglot import exp

    tree = tree.transform(lambda node: node.unnest() if isinstance(node, exp.Paren) else node, copy=False).unnest()
    for node in tree.walk():
        node.comments = None
    if dialect == SQLITE:
        tree = tree.transform(partial(_quoted_text, query), copy=False)
    for name in tree.find_all(exp.Identifier):
        if dialect == SQLITE or not name.args.get("quoted"):  # SQLite's names have no case, quoted or not
            name.set("this", name.this.lower())
        name.args["quoted"] = False
    for call in tree.find_all(exp.Anonymous):
        call.set("this", str(call.this).lower())
    for join in tree.find_all(exp.Join):
        if join.args.get("kind") == "INNER":
            join.set("kind", None)
    for ordered in tree.find_all(exp.Ordered):
        ordered.set("desc", bool(ordered.args.get("desc")))
    _name_tables(tree)
    _drop_result_names(tree)
    return _sorted_operands(tree)


def _quoted_text(query: str, node: Expr) -> Expr:
    """Read the right side of a comparison in double quotes as SQLite does where no column has the name: as text.

    Backticks and square brackets never quote text.
    """
    from sqlglot import exp

    parent = node.parent
    compared = isinstance(parent, (exp.Predicate, exp.Between, exp.In)) and node.arg_key != "this"
    if compared and isinstance(node, exp.Column) and not node.table and node.this.args.get("quoted"):
        start = node.this.meta.get("start", len(query))
        return exp.Literal.string(node.name) if query.startswith('"', start) else node
    return node


def _name_tables(tree: Expr) -> None:
    """Give tables that occur once their own names, and others numbers in their order, in the place of aliases.

    Where an alias means two things (in two subqueries) all are left as they are.
    """
    from sqlglot import exp

    tables = [table for table in tree.find_all(exp.Table, bfs=False) if table.name]
    called = [table.alias_or_name for table in tables]
    if len(set(called)) < len(called):
        return
    own = [table.name for table in tables]
    new = {
        alias: name if own.count(name) == 1 else f"{name}#{own[:place].count(name)}"
        for place, (alias, name) in enumerate(zip(called, own, strict=True))
    }
    for table in tables:
        known_as = new[table.alias_or_name]
        table.set("alias", None if known_as == table.name else exp.TableAlias(this=exp.to_identifier(known_as)))
    for column in tree.find_all(exp.Column):
        if column.table in new:
            column.set("table", None if len(tables) == 1 else exp.to_identifier(new[column.table], quoted=False))
    for name in tree.find_all(exp.Identifier):
        name.args["quoted"] = False


def _drop_result_names(tree: Expr) -> None:
    """Drop the names that the query gives to columns of its result and does not use itself."""
    from sqlglot import exp

    if not isinstance(tree, exp.Select):
        return
    used = {column.name for column in tree.find_all(exp.Column)}
    tree.set("expressions", [each.unalias() if each.alias not in used else each for each in tree.expressions])


def _sorted_operands(tree: Expr) -> Expr:
    """Put what stands on either side of AND, OR, = and != in an order of its own, and write < as >."""
    from sqlglot import exp

    def settle(node: Expr) -> Expr:
        if isinstance(node, (exp.And, exp.Or)):
            first, *others = sorted(node.flatten(), key=repr)
            return reduce(lambda left, right: type(node)(this=left, expression=right), others, first)
        if isinstance(node, (exp.EQ, exp.NEQ)):
            left, right = sorted((node.left, node.right), key=repr)
            return type(node)(this=left, expression=right)
        if isinstance(node, (exp.LT, exp.LTE)):
            return (exp.GT if isinstance(node, exp.LT) else exp.GTE)(this=node.right, expression=node.left)
        return node

    for node in reversed(list(tree.walk())):  # the innermost first
        settled = settle(node)
        if settled is not node and node.parent is not None:
            node.replace(settled)
    return settle(tree)
