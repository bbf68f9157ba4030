"""People come in: a file of the HR system, an invitation, a password."""

from urllib.parse import urlsplit


def signs_in(visitor, email, password):
    """Through the sign-in page, as on any morning."""
    visitor.opens("/accounts/login/")
    visitor.fills({"Work email": email, "Password": password})
    visitor.presses("Sign in")
    visitor.page.wait_for_url(visitor.url + "/")


def signs_out(visitor):
    visitor.page.locator(".menu-account > summary").click()
    visitor.presses("Sign out", within=visitor.page.locator(".menu-account"))
    visitor.page.wait_for_url("**/accounts/login/**")


def imports(visitor, file, *, columns, sees=()):
    """An HR admin looks at what a file changes, and applies it. Answers how many join."""
    visitor.chooses_from_the_menu("People")
    visitor.follows("Import people")
    visitor.fills({"File": file, "Its columns": columns})
    visitor.presses("Preview the file")
    visitor.reads("Nothing is written yet", *sees)
    joiners = visitor.figure("Joiners")
    visitor.presses("Apply the import")
    visitor.is_told(f"{file.name} is imported.")
    return int(joiners.replace(",", ""))


def founds(visitor, code, firm):
    """The very first visit, wherever it was meant to go."""
    visitor.opens("/market/")
    visitor.page.wait_for_url("**/found/")
    visitor.fills({"One-time code": code, **firm})
    visitor.presses("Found the organisation")
    visitor.is_told("The organisation is founded and you are its HR admin.")


def opens(visitor, name):
    """A person's own page, from HR's list."""
    visitor.chooses_from_the_menu("People")
    visitor.follows(name)
    visitor.reads("HR data")


def gives_an_address(visitor, person, email):
    """HR data of a published organogram has no addresses."""
    visitor.opens(f"/hr/people/?q={person.external_id}")
    visitor.follows(person.name)
    visitor.follows("Change HR data")
    visitor.fills({"Work email": email})
    visitor.presses("Save HR data")
    visitor.reads(f"An invitation goes to {email}.")


def invites(visitor, email):
    """From the person's page; answers the address in the mail that was sent."""
    visitor.presses("Invite to a log-in")
    visitor.follows("Read the mails of the demo")
    visitor.row(email).get_by_role("link").click()
    link = visitor.main.get_by_role("link", name="/invitation/").get_attribute("href")
    return urlsplit(link).path


def is_invited_by_mail(visitor, name, outbox):
    """As `invites`, where mail is really sent: answers the address in the letter."""
    opens(visitor, name)
    visitor.presses("Invite to a log-in")
    visitor.reads("Invite again")
    letter = outbox[-1]
    assert letter.subject.endswith("invites you to Rendan")
    assert name in letter.body
    link = next(word for word in letter.body.split() if "/invitation/" in word)
    assert link.startswith(visitor.url)
    return urlsplit(link).path


def chooses_a_password(visitor, link, password):
    visitor.opens(link)
    visitor.fills({"Password": password, "The same again": password})
    visitor.presses("Set password and sign in")
    visitor.is_told("Your password is set.")
