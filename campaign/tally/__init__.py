"""Figures by letter, country, scope and visibility: a change is a row, a figure is a sum.

Nobody edits a count.
"""
