"""A site where customers leave one by one."""

import dataclasses

from custody.bootstrap import Custody
from tests.builders.destructions import Person, bring, found_reviewers
from tests.builders.installation import Installation
from tests.faults.site import Site


@dataclasses.dataclass
class Destructions:
    """The site, and who is still there."""

    site: Site
    installation: Installation
    there: list[Person]

    @classmethod
    def at(cls, site: Site, *, customers: int) -> "Destructions":
        """Found the reviewers and bring customers."""
        installation = found_reviewers(site.installation)
        return cls(site, installation, bring(installation, customers, seed=7))

    @property
    def custody(self) -> Custody:
        """Custody as this process has it."""
        return self.installation.custody
