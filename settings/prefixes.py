"""The key prefixes of the file bucket, declared once for IAM, life cycle, CDN and clean-up (ST-2, ST-N4)."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Prefix:
    """One family of object keys.

    `pattern` shows a whole key with its variables in braces; the prefix is what comes before the first.
    `public` families are served to everybody, the others only through signed URLs (ST-5). `infrequent_access`
    families move to cheaper storage with age, `temporary` ones expire (ST-3); `personal` ones belong to the
    user whose id follows the prefix, and go with the account (ST-7).
    """

    name: str
    pattern: str
    public: bool = False
    infrequent_access: bool = False
    temporary: bool = False
    personal: bool = False

    @property
    def path(self) -> str:
        """Return the constant beginning of the keys, with its slash: `resumes/`."""
        return self.pattern.partition("{")[0]


RESUMES = Prefix(name="resumes", pattern="resumes/{userId}/", infrequent_access=True, personal=True)
PHOTOS = Prefix(name="photos", pattern="photos/{userId}/", public=True, personal=True)
LOGOS = Prefix(name="logos", pattern="logos/{companyId}/", public=True)
DOCUMENTS = Prefix(name="documents", pattern="documents/{type}/{id}/", infrequent_access=True)
TEMP = Prefix(name="temp", pattern="temp/{uploadId}", temporary=True)

PREFIXES = (RESUMES, PHOTOS, LOGOS, DOCUMENTS, TEMP)
