"""What people read on a page is printed right."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import engines
from django.test import RequestFactory

from config.ui import drawing, words


def printed(source, address="/", **context):
    template = engines["django"].from_string(source)
    return template.render(context, RequestFactory().get(address))


class TestFigures:
    @pytest.mark.parametrize(
        ("amount", "text"),
        [
            (Decimal("1234.5"), "1,234.50"),
            (Decimal("-0.005"), "\u22120.01"),
            (Decimal("-0.001"), "0.00"),
            (0, "0.00"),
            (None, ""),
        ],
    )
    def test_money_is_rounded_half_up_with_a_true_minus_sign(self, amount, text):
        assert words.money(amount) == text

    def test_a_change_of_money_says_its_direction(self):
        assert words.signed_money(Decimal(180)) == "+180.00"
        assert words.signed_money(Decimal(-180)) == "\u2212180.00"
        assert words.signed_money(Decimal(0)) == "0.00"

    def test_a_missing_variable_prints_nothing(self):
        assert printed("{{ gone|money }}{{ gone|percent }}{{ gone|day }}{{ gone|number }}") == ""

    def test_a_percentage_has_no_false_precision(self):
        assert words.percent(Decimal("0.917")) == "91.7\N{NO-BREAK SPACE}%"
        assert words.percent(0.95) == "95\N{NO-BREAK SPACE}%"
        assert words.percent(Decimal("0.9167"), 0) == "92\N{NO-BREAK SPACE}%"
        assert words.number(Decimal("1250.00")) == "1,250"

    def test_days_are_written_out(self):
        day = date(2026, 10, 31)
        assert [words.day(day), words.short_day(day), words.month(day), words.iso(day)] == [
            "31 October 2026",
            "31 Oct",
            "October 2026",
            "2026-10-31",
        ]
        assert words.moment(datetime(2026, 1, 28, 14, 12, tzinfo=UTC)) == "28 January 2026, 14:12"

    def test_what_people_write_cannot_run(self):
        html = words.markdown("# Aim\n<script>x</script> [go](javascript:x) ![](//evil) **now**")
        assert "<h3>Aim</h3>" in html
        assert "<strong>now</strong>" in html
        assert not any(danger in html for danger in ("<script", 'href="javascript', "<img"))


class TestMarks:
    def test_satisfaction_shows_its_range_and_n(self):
        html = printed("{% satisfaction csat n %}", csat=Decimal("0.94"), n=41)
        assert "Satisfaction 94 of 100, likely range 82 to 98, 41 ratings" in html

    @pytest.mark.parametrize("source", ["{% satisfaction 1 4 %}", "{% satisfaction gone gone %}"])
    def test_below_five_raters_nothing_is_shown(self, source):
        html = printed(source)
        assert 'aria-label="Satisfaction: not enough ratings"' in html
        assert "sat-point" not in html

    def test_many_answers_of_few_raters_are_not_enough(self):
        assert "not enough ratings" in printed("{% satisfaction 0.9 12 raters=3 %}")

    def test_the_bar_of_money_is_read_aloud_and_leaves_out_what_is_nothing(self):
        purse = {"available": Decimal(75), "committed": Decimal(25)}
        html = printed('{% budget_bar purse "EUR" %}', purse=purse)
        assert "Of EUR 100.00: available 75.00, pre-committed 0.00, committed 25.00" in html
        assert 'class="seg-available" x="0%" width="74.75%"' in html
        assert html.count("seg-spent") == 1

    def test_a_state_has_a_word_and_a_tone(self):
        assert printed('{% state "not_measured" %}') == (
            '<span class="state state-act">Not measured</span>'
        )
        assert printed('{% state "draft" %}') == '<span class="state">Draft</span>'

    def test_one_month_is_no_line(self):
        series = [{"name": "A", "values": [1]}]
        assert "Too early" in printed('{% line_chart s m "T" %}', s=series, m=["Mar"])

    def test_a_chart_carries_its_figures(self):
        series = [{"name": "Inside", "tone": "inside", "values": [100, None, 101.5]}]
        html = printed('{% line_chart s m "T" %}', s=series, m=["Mar", "Apr", "May"])
        assert '<td class="num">101.5</td>' in html
        assert "chart-line-inside" in html


class TestDrawing:
    def test_the_likely_range_is_wilsons(self):
        assert [round(each, 3) for each in drawing.wilson(0.9, 10)] == [0.596, 0.982]

    def test_ticks_hold_all_values(self):
        for low, high in ((84, 94), (0, 0), (-3.2, 8), (100, 103.4)):
            ticks = drawing.nice_ticks(low, high)
            assert ticks[0] <= low
            assert ticks[-1] >= high
            assert len(ticks) <= 5

    def test_labels_of_lines_that_end_together_do_not_overlap(self):
        first, second = sorted(drawing.spread([50, 51]))
        assert second - first >= drawing.LABEL_HEIGHT

    def test_an_axis_names_its_first_and_last_month(self):
        assert drawing.some_of(12) == [0, 3, 6, 9, 11]
        assert drawing.some_of(6) == [0, 1, 2, 3, 4, 5]


class Terms(forms.Form):
    success = forms.CharField(label="What success means", help_text="One sentence.")
    plan = forms.ChoiceField(choices=[("fixed", "Fixed")], widget=forms.RadioSelect)
    note = forms.CharField(required=False)


class TestForms:
    def test_a_field_is_tied_to_its_hint_and_error(self):
        html = printed("{% field form.success %}", form=Terms({}))
        assert 'aria-describedby="id_success-hint id_success-error"' in html
        assert 'aria-invalid="true"' in html
        assert 'id="id_success-error"' in html

    def test_the_summary_links_every_error_to_its_field(self):
        html = printed("{% error_summary form %}", form=Terms({}))
        assert "Two things to correct" in html
        assert 'href="#id_success"' in html
        assert 'href="#id_plan_0"' in html

    def test_a_form_that_was_not_sent_has_no_summary(self):
        assert printed("{% error_summary form %}", form=Terms()).strip() == ""

    def test_a_whole_form_is_protected_and_names_its_button(self):
        html = printed('{% form form "Offer contract" cancel_url="/contracts/" %}', form=Terms())
        assert 'name="csrfmiddlewaretoken"' in html
        assert "Offer contract" in html
        assert html.count("optional") == 2


class TestLists:
    def test_a_filter_keeps_the_others_and_starts_at_the_first_page(self):
        html = printed('{% address where="inside" %}', "/market/?q=lab&page=3&where=outside")
        assert html == "?q=lab&amp;where=inside"

    def test_removing_one_of_two_values_keeps_the_other(self):
        html = printed(
            "{% chips active %}",
            "/market/?category=lab&category=legal",
            active=[("Laboratory", "category", "lab")],
        )
        assert 'href="?category=legal"' in html

    def test_a_second_press_on_a_column_turns_the_order_round(self):
        assert 'href="?sort=-price"' in printed('{% sort_link "Price" "price" %}', "/?sort=price")

    def test_a_pager_says_where_one_is(self):
        page = Paginator(range(61), 20).page(2)
        html = printed("{% pager page %}", "/market/?q=lab", page=page)
        assert "21 to 40 of 61" in html
        assert 'href="?q=lab&amp;page=3"' in html

    def test_a_page_that_is_not_installed_has_no_address(self):
        assert printed('{% maybe_url "nowhere:at_all" 1 %}') == ""
