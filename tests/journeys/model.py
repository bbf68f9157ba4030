"""What the market's money should be, in plain Python: nothing of the application is imported.

Dicts, Decimals and dates; every rule is written anew from PRODUCT 4.6 to 4.12, month by month. The
real actions are held against it by `test_machine`.
"""

from calendar import monthrange
from collections import defaultdict
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

ZERO = Decimal("0.00")
STATES = ["open", "computed", "posted", "locked"]
WINDOW, ANSWER, SUSPENDED, NOTICE = 10, 5, 60, 30


def cents(amount):
    return Decimal(amount).quantize(Decimal("0.01"), ROUND_HALF_UP)


def first(day):
    return day.replace(day=1)


def last(day):
    return day.replace(day=monthrange(day.year, day.month)[1])


def after(month):
    return last(month) + timedelta(days=1)


def working(day, count):
    """So many working days later; there are no holidays."""
    while count:
        day += timedelta(days=1)
        count -= day.weekday() < 5
    return day


class Purse:
    """One ME's wallet of one year; `revenue` is what it earned and did not give back."""

    def __init__(self):
        self.balance = self.granted = self.revenue = ZERO


class Entry:
    """Money of one purse that is promised for a month, or waits in a dispute window."""

    def __init__(self, who, year, month, amount, ends=None):
        self.who, self.year, self.month, self.amount, self.ends = who, year, month, amount, ends


class Deal:
    """A signed contract, its pauses as pairs of days, its deliveries and measurements."""

    def __init__(self, key, kind, buyer, provider, price, expected, cap, starts, ends):
        self.key, self.kind, self.buyer, self.provider = key, kind, buyer, provider
        self.price, self.expected, self.cap = price, expected, cap
        self.starts, self.ends, self.ended = starts, ends, None
        self.pauses, self.paused_since, self.used, self.met = [], None, [], {}
        self.year, self.lacks, self.is_over = starts.year, False, False

    @property
    def last(self):
        return self.ended or self.ends

    def pause(self, since, until):
        self.paused_since = since
        self.pauses.append([since, until])

    def is_paused(self, day):
        return any(since <= day <= until for since, until in self.pauses)

    def days(self, month):
        """The active days of a month."""
        return [
            day
            for number in range(1, last(month).day + 1)
            if self.starts <= (day := month.replace(day=number)) <= self.last
            and not self.is_paused(day)
        ]

    def fee(self, month):
        return cents(self.price * len(self.days(month)) / last(month).day)

    def plan(self):
        """What is expected of every month."""
        plan, month = {}, first(self.starts)
        while month <= self.last:
            if self.kind != "per_unit":
                plan[month] = self.fee(month)
            else:
                plan[month] = self.price * self.expected if self.days(month) else ZERO
            month = after(month)
        return plan

    def due(self, month):
        """Fee or usage of the month, less the credit of its service level (PRODUCT 4.11)."""
        if self.kind == "per_unit":
            return cents(self.price * self.units(month))
        fee = self.fee(month)
        met = self.met.get(month)
        if self.kind != "levelled" or met is None:
            return fee
        percent = 0 if met >= 95 else 5 if met >= 90 else 10 if met >= 80 else 15
        return fee - cents(fee * percent / 100)

    def units(self, month):
        return sum((quantity for day, quantity in self.used if first(day) == month), ZERO)


class Quarrel:
    """A dispute: `held_from` is who paid the hold, as (who, year); None while it is a preview."""

    def __init__(self, deal, month, amount, until):
        self.deal, self.month, self.amount, self.until = deal, month, amount, until
        self.held_from, self.percent, self.since, self.is_over = None, None, None, False
        self.offer = None


class Model:
    def __init__(self):
        self.purses = defaultdict(Purse)  # (who, year)
        self.promises = defaultdict(list)  # what is promised: its entries
        self.windows = {}  # (provider, month or overage): its entry
        self.deals, self.quarrels, self.monthly = [], [], []
        self.offers = []  # unanswered ones, which lapse on their start, the next day
        self.runs = defaultdict(lambda: "open")
        self.lines, self.paid, self.waiting = {}, {}, {}
        self.held, self.outside = ZERO, ZERO
        self.closed = set()

    # Wallets

    def reserved(self, who, year):
        entries = [*(e for of in self.promises.values() for e in of), *self.windows.values()]
        return sum((e.amount for e in entries if (e.who, e.year) == (who, year)), ZERO)

    def available(self, who, year):
        return self.purses[who, year].balance - self.reserved(who, year)

    def grant(self, who, amount, day):
        self.purses[who, day.year].balance += amount
        self.purses[who, day.year].granted += amount

    def grant_monthly(self, who, amount, day):
        """Split over the months to the end of the year; the earlier ones get the odd cents."""
        months = range(day.month, 13)
        each, odd = divmod(int(amount * 100), len(months))
        for number, month in enumerate(months):
            share = Decimal(each + (number < odd)) / 100
            self.monthly.append((who, date(day.year, month, 1), share))
        self.release(day)

    def release(self, day):
        for who, month, share in self.monthly:
            if month <= day:
                self.grant(who, share, month)
        self.monthly = [each for each in self.monthly if each[1] > day]

    def promise(self, cause, who, plan, day):
        """Make these the promises of a cause, or nothing at all; months of later years wait."""
        plan = {
            month: amount for month, amount in plan.items() if amount and month.year <= day.year
        }
        for year in {month.year for month in plan}:
            more = sum((amount for month, amount in plan.items() if month.year == year), ZERO)
            more -= sum((e.amount for e in self.promises[cause] if e.year == year), ZERO)
            if more > max(self.available(who, year), ZERO):
                return False
        self.promises[cause] = [Entry(who, m.year, m, amount) for m, amount in plan.items()]
        return True

    # Contracts

    def begun(self):
        return {month for month, state in self.runs.items() if state != "open"}

    def promised(self, deal):
        return {e.month: e.amount for e in self.promises[deal.key]}

    def sign(self, deal, day):
        if not self.promise(deal.key, deal.buyer, deal.plan(), day):
            return False
        deal.year = day.year
        self.deals.append(deal)
        return True

    def shrink(self, deal, day):
        plan, begun = deal.plan(), self.begun()
        left = {
            month: amount if month in begun else min(amount, plan.get(month, ZERO))
            for month, amount in self.promised(deal).items()
        }
        assert self.promise(deal.key, deal.buyer, left, day)

    def suspend(self, deal, day):
        delivered = any(used == day for used, _ in deal.used)
        since = day + timedelta(days=delivered)
        deal.pause(since, since + timedelta(days=SUSPENDED - 1))
        self.shrink(deal, day)

    def resume(self, deal, day):
        until = deal.pauses[-1][1]
        deal.pauses[-1][1] = max(day, deal.paused_since) - timedelta(days=1)
        begun, promised = self.begun(), self.promised(deal)
        due = {month: amount for month, amount in deal.plan().items() if month not in begun}
        kept = {month: amount for month, amount in promised.items() if month in begun}
        if not self.promise(deal.key, deal.buyer, kept | due, day):
            deal.pauses[-1][1] = until
            return False
        deal.paused_since, deal.year, deal.lacks = None, day.year, False
        return True

    def notice(self, deal, day):
        """To the end of the month in which the days of notice end, if the term is longer."""
        ends = last(day + timedelta(days=NOTICE))
        if ends >= deal.ends:
            return False
        deal.ended = ends
        if deal.paused_since:
            deal.pauses[-1][1] = max(ends, deal.paused_since - timedelta(days=1))
            deal.paused_since = None
        self.shrink(deal, day)
        return True

    # The day

    def wake(self, day):
        """What the calendar makes of everything, in the order of the timetable."""
        for key in [key for key, e in self.windows.items() if e.ends < day]:
            del self.windows[key]
        self.release(day)
        self.turn_contracts(day)
        self.commit(day)
        for quarrel in self.quarrels:
            if quarrel.percent is None and quarrel.offer is None and day > quarrel.until:
                quarrel.percent, quarrel.since = Decimal(100), quarrel.until + timedelta(days=1)
            self.end_quarrel(quarrel, day)

    def turn_contracts(self, day):
        """Offers lapse, a pause of sixty days ends its contract, and so does the last day."""
        for cause, offered_on in self.offers:
            if day > offered_on:
                self.promises.pop(cause, None)
        for deal in self.deals:
            if deal.paused_since and day > deal.pauses[-1][1]:
                deal.ended, deal.paused_since = min(deal.pauses[-1][1], deal.ends), None
                self.shrink(deal, day)
            if day > deal.last:
                deal.is_over, deal.paused_since = True, None

    def commit(self, day):
        """The months of a new year, in the order of the signatures, as far as the money goes."""
        for deal in self.deals:
            if deal.is_over or (deal.year == day.year and not deal.lacks):
                continue
            begun, promised = self.begun(), self.promised(deal)
            wanted = {
                month: amount
                for month, amount in deal.plan().items()
                if amount and month not in begun and month not in promised
                and month.year == day.year
            }  # fmt: skip
            left, fits = self.available(deal.buyer, day.year), {}
            for month, amount in wanted.items():
                left -= amount
                if left < 0:
                    break
                fits[month] = amount
            self.promises[deal.key] += [Entry(deal.buyer, m.year, m, a) for m, a in fits.items()]
            deal.year, deal.lacks = day.year, len(fits) < len(wanted)

    # The month

    def settle(self, month, to, day):
        while STATES.index(self.runs[month]) < STATES.index(to):
            state = STATES[STATES.index(self.runs[month]) + 1]
            {"computed": self.compute, "posted": self.post, "locked": self.lock}[state](month, day)
            self.runs[month] = state

    def compute(self, month, day):
        for deal in self.deals:
            if deal.starts <= last(month) and deal.last >= month:
                self.lines[deal.key, month] = deal.due(month)

    def post(self, month, day):
        """Planned amounts first; then what fits of the overages, by what was free before."""
        above, earned = [], defaultdict(lambda: ZERO)
        before = {key: self.available(*key) for key in list(self.purses)}
        for deal in self.deals:
            due = self.lines.get((deal.key, month))
            if due is None:
                continue
            entries = [e for e in self.promises[deal.key] if e.month == month]
            self.promises[deal.key] = [e for e in self.promises[deal.key] if e.month != month]
            planned = min(due, sum((e.amount for e in entries), ZERO))
            paid = planned - self.hold_disputed(deal, month)
            if due > planned:
                above.append((deal, due - planned))
            self.pay(deal, month, paid, earned, day)
        for deal, amount in sorted(above, key=lambda each: each[0].key):
            within = deal.kind != "per_unit" or deal.units(month) <= deal.cap
            if within and amount <= before.get((deal.buyer, month.year), ZERO):
                before[deal.buyer, month.year] -= amount
                self.pay(deal, month, amount, earned, day)
            else:
                self.waiting[deal.key, month] = (deal, amount, working(day, WINDOW))
        for provider, amount in earned.items():
            ends = working(day, WINDOW)
            self.windows[provider, month] = Entry(provider, month.year, month, amount, ends)

    def pay(self, deal, month, amount, earned, day):
        if amount:
            self.move(deal.buyer, deal.provider, month.year, amount)
            earned[deal.provider] += amount
            before = self.paid.get((deal.key, month), (ZERO, day))[0]
            self.paid[deal.key, month] = (before + amount, working(day, WINDOW))

    def move(self, payer, payee, year, amount):
        self.purses[payer, year].balance -= amount
        self.purses[payee, year].balance += amount
        self.purses[payee, year].revenue += amount

    def lock(self, month, day):
        if month.month == 12:
            self.close(month.year)

    def close(self, year):
        """Earned money carries; of the rest half, up to a tenth of the grants (PRODUCT 4.9)."""
        for who in sorted(who for who, of in self.purses if of == year):
            purse, reserved = self.purses[who, year], self.reserved(who, year)
            inside = [e.amount for e in self.windows.values() if (e.who, e.year) == (who, year)]
            free = purse.balance - reserved
            earned = min(free, max(purse.revenue - sum(inside, ZERO), ZERO))
            kept = min(cents((free - earned) / 2), cents(purse.granted / 10))
            self.purses[who, year + 1].balance += earned + kept + reserved
            purse.balance = ZERO
            for entry in [
                *(e for of in self.promises.values() for e in of),
                *self.windows.values(),
            ]:
                if (entry.who, entry.year) == (who, year):
                    entry.year = year + 1
        self.closed.add(year)

    def accept(self, key, day):
        """The buyer pays what waits as an entry of the running month; it may be too much."""
        deal, amount, _ = self.waiting[key]
        if amount > self.available(deal.buyer, day.year):
            return False
        del self.waiting[key]
        self.move(deal.buyer, deal.provider, day.year, amount)
        ends, place = working(day, WINDOW), (deal.key, first(day))
        if place not in self.windows:
            self.windows[place] = Entry(deal.provider, day.year, first(day), ZERO, ends)
        self.windows[place].amount += amount
        self.windows[place].ends = max(ends, self.windows[place].ends)
        return True

    # Outside

    def order(self, cause, who, amount, day):
        return self.promise(cause, who, {first(day): amount}, day)

    def receive(self, cause, amount):
        (entry,) = self.promises.pop(cause)
        self.purses[entry.who, entry.year].balance -= amount
        self.outside += amount

    # Disputes

    def dispute(self, deal, month, amount, day):
        quarrel = Quarrel(deal, month, amount, working(day, ANSWER))
        self.quarrels.append(quarrel)
        if self.runs[month] in ("posted", "locked"):
            window = self.windows[deal.provider, month]
            window.amount -= amount
            if not window.amount:
                del self.windows[deal.provider, month]
            quarrel.held_from = (deal.provider, window.year)
            self.purses[quarrel.held_from].balance -= amount
            self.purses[quarrel.held_from].revenue -= amount
            self.held += amount
        return quarrel

    def hold_disputed(self, deal, month):
        """What is disputed on the preview leaves the buyer, and reaches nobody yet."""
        total = ZERO
        for quarrel in self.quarrels:
            if (quarrel.deal, quarrel.month) == (deal, month) and not quarrel.is_over:
                quarrel.held_from = (deal.buyer, month.year)
                self.purses[quarrel.held_from].balance -= quarrel.amount
                self.held += quarrel.amount
                total += quarrel.amount
        return total

    def decide(self, quarrel, percent, day):
        quarrel.percent, quarrel.since = percent, day
        self.end_quarrel(quarrel, day)

    def end_quarrel(self, quarrel, day):
        """Every cent that is held goes out: the buyer's part half up, the rest to the provider."""
        if quarrel.percent is None or quarrel.is_over:
            return
        if quarrel.held_from is None:
            quarrel.is_over = quarrel.percent == 0  # Withdrawn; another outcome waits.
            return
        month = first(quarrel.since)
        year = first(day).year if self.runs[month] == "locked" else month.year
        buyer = cents(quarrel.amount * quarrel.percent / 100)
        self.purses[quarrel.deal.buyer, year].balance += buyer
        self.purses[quarrel.deal.provider, year].balance += quarrel.amount - buyer
        self.purses[quarrel.deal.provider, year].revenue += quarrel.amount - buyer
        self.held -= quarrel.amount
        quarrel.is_over = True
