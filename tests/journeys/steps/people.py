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


def imports(visitor, file, *, columns):
    """An HR admin looks at what a file changes, and applies it."""
    visitor.chooses_from_the_menu("People")
    visitor.follows("Import people")
    visitor.fills({"File": file, "Its columns": columns})
    visitor.presses("Preview the file")
    visitor.reads("Nothing is written yet")
    joiners = visitor.figure("Joiners")
    visitor.presses("Apply the import")
    visitor.is_told(f"{file.name} is imported.")
    return int(joiners.replace(",", ""))


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


def chooses_a_password(visitor, link, password):
    visitor.opens(link)
    visitor.fills({"Password": password, "The same again": password})
    visitor.presses("Set password and sign in")
    visitor.is_told("Your password is set.")
