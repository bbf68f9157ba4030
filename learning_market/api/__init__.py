"""The REST edge of the learning market: courses, their runs, and what MEs invest in them."""

from learning_market.api.courses import CourseRuns, Courses
from learning_market.api.purchases import LearningPurchases

__all__ = ["CourseRuns", "Courses", "LearningPurchases"]
