"""Members of the buyer rate what they used."""


def rates(visitor, offering, score, comment=""):
    visitor.opens("/ratings/")
    part = visitor.part(offering)
    part.get_by_label(f"{score},").check()
    part.get_by_label("Comment").fill(comment)
    visitor.presses("Rate", within=part)
    visitor.is_told("Thank you.")
