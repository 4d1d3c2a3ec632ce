"""
Starts nx-27017 with one fault corrected: of a query with a date, an _id and an $or, it makes `_id = ? AND (...) OR (...)`. Without
parentheses around the alternatives, connect-mongo's get returns the session of somebody else.
"""

from neosqlite.collection.sql_translator_unified import SQLClauseBuilder
from nx_27017.nx_27017 import main

translate = SQLClauseBuilder._build_logical_condition


def translate_in_parentheses(self, *args, **kwargs):
    sql, params = translate(self, *args, **kwargs)
    return f"({sql})" if sql else sql, params


SQLClauseBuilder._build_logical_condition = translate_in_parentheses

main()
