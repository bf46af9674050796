"""What tells a postal address in Latin letters: street words, doors and postcodes.

A number, a street's word and where it lies are written in many orders; each
alternative needs two of them, so that a size or a year is no address.
"""

_STREETS = (
    "Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Drive|Dr|Lane|Ln|Court|Ct|Terrace|Ter|"
    "Circle|Cir|Square|Sq|Parkway|Pkwy|Highway|Hwy|Crescent|Cres|Gardens|Mews|Blv|"
    "Expressway|Freeway|Turnpike|Tpke|Alley|Plz|Broadway"
)
_STREET = f"(?:{_STREETS}|{_STREETS.upper()})"
_VAGUE = "Place|Pl|Way|Close|Grove|Row|Hill|Main|Loop|Trail|Path|Walk|Pike|Ridge|Cove"
_VAGUE_STREET = f"(?:{_VAGUE}|{_VAGUE.upper()})"
_UNIT = "Unit|Flat|Suite|Ste|Apt|Room|Rm|Floor|Bldg|Building"
_AFTER = (
    "(?:[.,;#]|$| [0-9#]| (?:Apt|Suite|Ste|Unit|APT|STE|SUITE|UNIT|N|S|E|W|NE|NW|SE|SW)"
    "(?:[^a-z]|$))"
)
_WORDS = "(?:[A-Z][A-Za-z.'’&-]* )"
_DIRECTION = "(?:(?:N|S|E|W|NE|NW|SE|SW|North|South|East|West)[.]? )"
_ORDINAL = "(?:[0-9]{1,3}(?:st|nd|rd|th|ST|ND|RD|TH)?,? )"
_NUMBER = "(?:No[.]? ?)?[0-9]{1,6}(?:-?[A-Za-z])?(?:-[0-9]+)?,? (?:1/2 )?"
_STREETED = (
    f"{_NUMBER}{_DIRECTION}?(?:(?:Sec[.]? [0-9], )?"
    f"(?:(?:{_ORDINAL}{_WORDS}{{0,4}}|{_WORDS}{{1,5}}){_STREET}|Broadway)(?:[^A-Za-z]|$)"
    f"|{_ORDINAL}?{_WORDS}{{1,4}}{_VAGUE_STREET}{_AFTER}"
    f"|(?:HIGHWAY|Highway|Route|Hwy|HWY) [0-9]{{1,4}}[A-Z]?(?:[^0-9]|$)"
    "|(?:rue|avenue|boulevard|place|chemin|allée|quai) [A-Za-zÀ-ÿ' -]{2,40})"
)
_SOUTHERN = (
    "(?:Via|Viale|Piazza|Corso|Calle|Avenida|Av[.]|Rua|Plaza|Paseo) "
    "(?:de |del |della |dei |du )?[A-Z][A-Za-zÀ-ÿ ]{2,30},? "
    "[0-9]{1,5}(?:[^0-9]|$)"
)
_STATES = (
    "A[AEKLPRSZ]|C[AOT]|D[CE]|F[LM]|G[AU]|HI|I[ADLN]|K[SY]|LA|M[ADEHINOPST]|"
    "N[CDEHJMVY]|O[HKR]|P[ARW]|RI|S[CD]|T[NX]|UT|V[AIT]|W[AIVY]"
)
_ZIPPED = (
    "(?:[0-9]{1,6}(?:-?[A-Za-z])? |(?i:unit|psc|po box|uss[a-z]*) )"
    f"[A-Za-z0-9 .,'’#&/-]{{3,70}}[ ,](?i:{_STATES}),? -? ?[0-9]{{5}}(?:-[0-9]{{4}})?"
    "(?:, (?:USA|United States))?$"
)
"""What begins with a number and ends with a state and its ZIP code."""

_LOWER = (
    "[0-9]{1,5} (?:[a-z0-9]+[.]? ){1,4}(?:street|st|avenue|ave|road|rd|boulevard|blvd|"
    "drive|dr|lane|ln|court|ct|highway|hwy|parkway|pkwy)[.,]? "
    "(?:[a-z ]{2,20} [0-9]{5}|(?:ste|suite|apt|unit)[.# ]|[a-z]+ [a-z]+ [a-z]{2}$)"
)
_POSTCODE = (
    "(?:[A-Z]{1,2}-)?(?:[0-9]{5}(?:-?[0-9]{3})?|[0-9]{2}-[0-9]{3}|1[0-8][0-9]{2}|"
    "2[1-9][0-9]{2}|[3-9][0-9]{3}|[0-9]{3} [0-9]{2})(?: ?[A-Z]{2})?"
)
"""Four digits are no year."""

_CITY = "(?:d[aeo]s? )?[A-ZÀ-ÞĀ-Ž][A-Za-zÀ-ž-]+"
_LAND = "(?:[ ,/(-][A-Za-zÀ-ž .,()/'-]{0,40})?$"
_DOOR = (
    "[0-9]{1,4} ?[A-Za-z]?(?:[-/][0-9]{1,4}[a-z]?)?(?: [A-Za-z.]{2,12} ?[0-9]{0,4})?"
)
_STREET_NAME = (
    "(?:(?:ul|al|os|pl)[.] |(?:ulica|aleja|plac|rue|chemin|boulevard|avenue|place|via)"
    " )?"
    "[A-ZÀ-ÞĀ-Ž][A-Za-zÀ-ž0-9 .'’/-]{2,50}?"
)
_EUROPEAN = (
    f"{_STREET_NAME},? {_DOOR} ?,? (?:[A-ZÀ-ÞĀ-Ž][A-Za-zÀ-ž0-9ª .'-]{{2,30}}, )?"
    f"{_POSTCODE},? {_CITY}{_LAND}"
    f"|{_STREET_NAME} {_DOOR} ?, {_CITY}(?: [A-Za-zÀ-ž-]+){{0,3}}, [0-9]{{5}}$"
)
"""Street and number, then postcode and city or the city first, as most of Europe and
South America write them."""

_OCEANIAN = (
    "(?:(?:Unit|Flat|Apt[.]?|Level) [0-9A-Z]{1,4},? )?[0-9]{1,4}[A-Z]?(?:/[0-9]{1,4})? "
    "[A-Z][A-Za-z .'’-]{2,40}, [A-Z][A-Za-z .'’-]{2,30},? "
    "(?:NSW|VIC|QLD|SA|WA|TAS|NT|ACT),? [0-9]{4}$"
)
_INDIAN = (
    "(?:H[.] ?No[.]? ?|No[.]? ?|Plot (?:No[.]? ?)?)?[0-9]{1,4}(?:[/-][0-9A-Z]{1,4})?, "
    "[A-Z][A-Za-z0-9 .,'’-]{2,60}[ -][1-9][0-9]{2} ?[0-9]{3}(?:, India)?$"
)
_FRENCH = (
    "(?:[0-9]{1,4} ?(?:bis|ter|quater)?,? )?(?:rue|avenue|boulevard|place|chemin|allée|"
    "quai|impasse|route|cours|square|Rue|Avenue|Boulevard|Place|Chemin|Allée|Quai|"
    "Impasse|Route) [A-Za-zÀ-ž'’ -]{2,50}(?: [0-9]{1,4})?,? "
    f"{_POSTCODE} [A-ZÀ-Ž][A-Za-zÀ-ž'’ -]{{1,40}}$"
)
LATIN_ADDRESS = (
    f"(?:(?:{_UNIT}) [A-Za-z0-9]{{1,5}},? [0-9]{{1,3}}/F,"
    "|[0-9]{1,4}(?:-[0-9]{1,4}){1,2},? [A-Z][a-z]+, [A-Z][a-z]+-(?:ku|shi|cho)[ ,]"
    f"|(?:(?:{_UNIT}) [A-Za-z0-9-]+,? )?"
    "(?:[0-9]{1,3}/?F[.]?, ?)?"
    "(?:(?:Building|Block|Tower) [A-Za-z0-9]+,? )?(?:[0-9]{1,3}/?F[.]?, ?)?"
    f"(?:{_STREETED}|{_SOUTHERN})"
    f"|{_ZIPPED}|{_LOWER}|{_EUROPEAN}|{_FRENCH}|{_OCEANIAN}|{_INDIAN})"
    "|(?i:P[.]? ?O[.]?|post office) ?(?i:box) [0-9]{1,6}(?:[^0-9]|$)"
)
_STRASSE = (
    "[Ss]tr[.]|[Ss]traße|[Ss]trasse|[Pp]latz|[Ww]eg|[Aa]llee|[Gg]asse|[Cc]haussee|-Ring|"
    "gatan|vägen|stigen|gränd|straat|gracht|laan|steeg|dreef|singel|plein|kade|vej|allé"
)
GERMAN_ADDRESS = f"[A-ZÄÖÜ][A-Za-zäöüåøéß-]+ ?(?:{_STRASSE}) ?[0-9]{{1,4}}"
"""A street whose word is grown together with its name; and Sweden's, Holland's."""

JAPANESE_ADDRESS = "[0-9]{1,2}(?:-| )?[Cc]home(?:[- ][0-9]{1,3}){1,2}"
UK_POSTCODE = "[ ,][A-Z]{1,2}[0-9][0-9A-Z]? [0-9][A-Z]{2}(?:, (?:UK|United Kingdom))?$"
LATIN_AT_THE_BEGIN = f"{LATIN_ADDRESS}|{GERMAN_ADDRESS}"
LATIN_ANYWHERE = f"{JAPANESE_ADDRESS}|{UK_POSTCODE}"
LATIN_ADDRESSES = f"^(?:{LATIN_AT_THE_BEGIN})|{LATIN_ANYWHERE}"
"""The same in one pattern, for searching."""
