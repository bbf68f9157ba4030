"""Filters and tags that every template may use without loading them."""

from django import template

from config.ui import fields, lists, marks, pieces, words

register = template.Library()
for part in (words, marks, pieces, fields, lists):
    register.filters.update(part.register.filters)
    register.tags.update(part.register.tags)
