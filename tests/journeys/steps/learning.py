"""A course is offered, an ME invests, a seat is given back."""


def offers_a_course(visitor, words, run):
    visitor.chooses_from_the_menu("Learning")
    visitor.follows("Offer a course")
    visitor.fills(words)
    visitor.presses("Record course")
    visitor.fills(run)
    visitor.presses("Add run")
    visitor.reads(words["Title"])


def invests(visitor, course, people, *, because, worth):
    visitor.chooses_from_the_menu("Learning")
    visitor.follows(course)
    for person in people:
        visitor.main.get_by_label(person.name).check()
    visitor.fills({"What should be better after it?": because})
    visitor.fills({"What that is worth in twelve months": worth})
    visitor.presses("Invest")
    visitor.is_told("invests")


def cancels_the_seat(visitor, course, person):
    visitor.opens("/learning/purchases/")
    visitor.follows(course)
    visitor.presses_and_confirms(f"Cancel seat of {person.name}", answer="Cancel seat")
