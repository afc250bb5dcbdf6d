"""Run inside ``odoo shell``: two reps, their manager and the administrator with API keys, and sixty leads.

The people and leads have external ids (``seed.…``), so that running it again changes nothing but the keys. The keys are
written to the file named by ``KEYS``, as ``{database: {login: key}}``: both test databases grow from this one seed.
"""

import json
import os
from pathlib import Path

env = globals()["env"]  # the shell provides it
QUIET = {
    "no_reset_password": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "tracking_disable": True,
}


def record(model, name, values):
    found = env.ref(f"seed.{name}", raise_if_not_found=False)
    if found:
        return found
    made = env[model].with_context(**QUIET).create(values)
    env["ir.model.data"].create(
        {"module": "seed", "name": name, "model": model, "res_id": made.id, "noupdate": True},
    )
    return made


def person(login, name, group, zone):
    return record(
        "res.users",
        f"user_{login}",
        {
            "login": login,
            "name": name,
            "password": f"{login}-pw",
            "email": f"{login}@example.test",
            "tz": zone,
            "group_ids": [(4, env.ref(group).id)],
        },
    )


def api_key(user):
    return env["res.users.apikeys"].with_user(user).sudo()._generate("rpc", "callsheet", None)  # noqa: SLF001  (Odoo has no public way)


# The reps see their own leads only, as most reps do; nobody but the administrator may read the phone blacklist.
reps = [
    person("rep1", "Rita Rep", "sales_team.group_sale_salesman", "Europe/London"),
    person("rep2", "Sam Seller", "sales_team.group_sale_salesman", "America/New_York"),
]
manager = person("manager", "Mona Manager", "sales_team.group_sale_manager", "Europe/Berlin")

team = env["crm.team"].search([], limit=1)
members = env["crm.team.member"]
for rep in reps:
    if not members.search([("user_id", "=", rep.id), ("crm_team_id", "=", team.id)]):
        members.create({"user_id": rep.id, "crm_team_id": team.id})

record("crm.lost.reason", "lost_no_answer", {"name": "No answer after all attempts"})
record("crm.lost.reason", "lost_not_a_fit", {"name": "Not a fit"})
campaign = record("utm.campaign", "campaign_fair", {"name": "Trade fair", "title": "Trade fair"})

for number in range(1, 61):
    record(
        "crm.lead",
        f"lead_{number:03d}",
        {
            "name": f"Lead {number:03d}",
            "type": "lead" if number % 2 else "opportunity",
            "contact_name": f"Contact {number:03d} Ünï",
            "partner_name": f"Company {number:03d}",
            "function": "Head of Purchasing",
            "phone": f"+44 20 7946 {number * 13:04d}",
            "email_from": f"c{number:03d}@example.test",
            "user_id": reps[0 if number % 3 else 1].id,
            "team_id": team.id,
            "campaign_id": campaign.id if number % 5 == 0 else False,
            "priority": str(number % 4),
            "city": "London",
            "country_id": env.ref("base.uk").id,
            "description": f"<p>Imported from trade fair {number}</p>",
        },
    )

people = {user.login: api_key(user) for user in [*reps, manager, env.ref("base.user_admin")]}
env.cr.commit()
path = Path(os.environ["KEYS"])
path.touch(mode=0o600)
path.write_text(json.dumps({"crm19": people, "crm19_stock": people}, indent=1))
print("SEEDED", env["crm.lead"].search_count([]), "leads for", ", ".join(people))
