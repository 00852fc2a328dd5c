"""Accounting: functions that change which rows a table has, and say where every row went."""
