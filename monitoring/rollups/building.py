"""Summing in SQL: a stretch of the request log, or of the finer rollups, as the rows of a coarser one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, partial

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

from monitoring.models import RequestLog
from monitoring.rollups import columns, levels
from monitoring.rollups.bins import bin_sql
from monitoring.rollups.columns import ATTEMPT_FIGURES, FIGURES, Dialect, dialect
from monitoring.rollups.failing import failure_sql, limited_sql, timeout_sql
from monitoring.rollups.grains import Grain, moment_of

_LOG = RequestLog._meta.db_table
_TARGET = ("provider", "model")
_SPLIT = ("level", "team_id", "api_key_id", *_TARGET)
# Without it the databases would merge the inner statement into the outer one, and find each row's bins 116 times.
_APART = "LIMIT 9223372036854775807"


def replace_from_log(connection: BaseDatabaseWrapper, cursor: CursorWrapper, grain: Grain, at: int) -> None:
    """Puts the sums of the log's rows in the place of a stretch's."""
    _clear(cursor, grain, at)
    of, time_of = dialect(connection.vendor), connection.ops.adapt_datetimefield_value
    span = [time_of(moment_of(at)), time_of(moment_of(at + grain.unit))]
    cursor.execute(_finest_sql(grain.table, of), [at, *span])
    cursor.execute(coarser_levels_sql(grain.table), [levels.FINEST, at])
    cursor.execute(_attempts_sql(grain.attempts, of), [at, *span])


def replace_from_finer(cursor: CursorWrapper, grain: Grain, finer: Grain, at: int) -> None:
    """Puts the sums of a finer grain's rows in the place of a stretch's."""
    _clear(cursor, grain, at)
    span = [at, at, at + grain.unit]
    cursor.execute(_finer_sql(grain.table, finer.table, _SPLIT, tuple(FIGURES), f"{levels.ALL_SQL} AND "), span)
    cursor.execute(_finer_sql(grain.attempts, finer.attempts, _TARGET, tuple(ATTEMPT_FIGURES)), span)


def _clear(cursor: CursorWrapper, grain: Grain, at: int) -> None:
    cursor.execute(f'DELETE FROM "{grain.table}" WHERE {levels.ALL_SQL} AND at = %s', [at])
    cursor.execute(f'DELETE FROM "{grain.attempts}" WHERE at = %s', [at])


@cache
def _finer_sql(into: str, source: str, split: tuple[str, ...], figures: tuple[str, ...], level: str = "") -> str:
    return (
        f'INSERT INTO "{into}" (at, {_list(split)}, {_list(figures)}) '
        f'SELECT %s, {_list(split)}, {sums(figures)} FROM "{source}" WHERE {level}at >= %s AND at < %s '
        f"GROUP BY {_list(split)}"
    )


@cache
def coarser_levels_sql(table: str, *, compare: str = "=") -> str:
    """The coarser levels out of the finest one. Parameters: the finest level, and when the stretch begins."""
    dimensions = (
        "s.level, CASE WHEN s.team = 1 THEN r.team_id ELSE 0 END, CASE WHEN s.key = 1 THEN r.api_key_id ELSE 0 END, "
        "CASE WHEN s.target = 1 THEN r.provider ELSE '' END, CASE WHEN s.target = 1 THEN r.model ELSE '' END"
    )
    return (
        f'INSERT INTO "{table}" (at, {_list(_SPLIT)}, {_list(FIGURES)}) '
        f'SELECT r.at, {dimensions}, {sums(FIGURES)} FROM "{table}" r CROSS JOIN ({levels.coarser_sql()}) s '
        f"WHERE r.level = %s AND r.at {compare} %s GROUP BY r.at, 2, 3, 4, 5, 6"
    )


@cache
def _finest_sql(table: str, of: Dialect) -> str:
    return (
        f'INSERT INTO "{table}" (at, {_list(_SPLIT)}, {_list(FIGURES)}) '
        f"SELECT %s, {levels.FINEST}, team, key, provider, model, {_counted(columns.COUNTS)}, "
        f"{_summed(columns.SUMS)}, {_binned('latency', columns.LATENCY)}, "
        f"{_binned('first_byte', columns.FIRST_BYTE)} FROM ({_source(of)}) r GROUP BY team, key, provider, model"
    )


def _source(of: Dialect) -> str:
    """The log's rows with what the rollups want to know of them."""
    units = ", ".join(
        f"{of.least}({name}, {columns.MOST_UNITS}) AS {name}"
        for name in ("input", "output", "cached_input", "cache_write_input", "reasoning")
    )
    money = ", ".join(
        f"{of.least}(coalesce({name}, 0), {columns.MOST_NANO}) AS {name}" for name in ("cost_nano", "saved_nano")
    )
    answered = f"ended_by = 'done' AND cache NOT IN {columns.KEPT}"
    streamed = f"{answered} AND stream AND first_byte_us > 0"
    writing = f"{streamed} AND latency_us > first_byte_us"
    return f"""
    SELECT coalesce(team_id, 0) AS team, coalesce(api_key_id, 0) AS key, provider, model, {units}, {money},
      ended_by = 'interrupted' OR ended_by = 'failed' AND NOT status BETWEEN 400 AND 499 AS failed,
      ended_by = 'failed' AND status BETWEEN 400 AND 499 AS refused, ended_by = 'cancelled' AS cancelled,
      cache IN {columns.KEPT} AS kept, cost_nano IS NULL AND (input > 0 OR output > 0) AS unpriced,
      CASE WHEN {of.several} THEN {of.tries} - 1 ELSE 0 END AS tries,
      CASE WHEN ended_by = 'done' AND {of.several} THEN substr({of.first_provider}, 1, 50) <> provider
        OR substr({of.first_model}, 1, 250) <> model ELSE 1 = 0 END AS fallback,
      CASE WHEN {writing} THEN {of.least}(output, {columns.MOST_UNITS}) ELSE 0 END AS written,
      CASE WHEN {writing} THEN {of.least}(latency_us - first_byte_us, {columns.MOST_UNITS}) ELSE 0 END AS writing_us,
      CASE WHEN {answered} THEN {bin_sql("latency_us")} END AS latency,
      CASE WHEN {streamed} THEN {bin_sql("first_byte_us")} END AS first_byte
    FROM "{_LOG}" WHERE started_at >= %s AND started_at < %s {_APART}
    """


@cache
def _attempts_sql(table: str, of: Dialect) -> str:
    split, figures = _list(_TARGET), _list(ATTEMPT_FIGURES)
    return (
        f'INSERT INTO "{table}" (at, {split}, {figures}) SELECT %s, {split}, {_counted(columns.ATTEMPT_COUNTS)}, '
        f"{_summed(columns.ATTEMPT_SUMS)}, {_binned('took', columns.DURATION)} "
        f"FROM ({_attempts_source(of)}) r GROUP BY {split}"
    )


def _attempts_source(of: Dialect) -> str:
    """The log's attempts. How long one took is asked of those that answered."""
    text, whole = partial(_field, of.text), partial(_field, of.whole)
    return f"""
    SELECT provider, model, cost_nano, {failure_sql()} AS failure, {limited_sql()} AS limited,
      {timeout_sql()} AS timeout, CASE WHEN error = '' AND verdict = '' AND us > 0 THEN {bin_sql("us")} END AS took
    FROM (
      SELECT substr({text("provider")}, 1, 50) AS provider, substr({text("model")}, 1, 250) AS model,
        {text("error")} AS error, {text("verdict")} AS verdict,
        CAST({of.least}({whole("duration_us")}, {columns.MOST_UNITS}) AS bigint) AS us,
        CAST({of.least}({whole("cost_nano")}, {columns.MOST_NANO}) AS bigint) AS cost_nano
      FROM "{_LOG}" l {of.elements} WHERE l.started_at >= %s AND l.started_at < %s {_APART}
    ) t {_APART}
    """


def _field(form: str, name: str) -> str:
    return form.format(name=name)


def _counted(counts: Mapping[str, str]) -> str:
    return ", ".join(f"count(*) FILTER (WHERE {wanted})" if wanted else "count(*)" for wanted in counts.values())


def _summed(of: Mapping[str, str]) -> str:
    return ", ".join(f"sum({name})" for name in of.values())


def _binned(value: str, names: Sequence[str]) -> str:
    return ", ".join(f"nullif(count(*) FILTER (WHERE {value} = {number}), 0)" for number in range(len(names)))


def sums(figures: Sequence[str]) -> str:
    return ", ".join(f"sum({name})" for name in figures)


def _list(names: Sequence[str]) -> str:
    return ", ".join(names)
