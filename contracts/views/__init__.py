"""The browser's edge: translate, one call into the rules, and words for the answer."""
