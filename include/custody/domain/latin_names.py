"""Names of people in Latin letters: given names, and spelled-out Chinese ones.

No check digit tells a name.  So one part must be on a list of given or family names,
or the name must be written as only names are: with a title, an initial, a degree, a
particle, or the surname first.  Ordinary words and places end the match.
"""

from custody.domain.family_names import FAMILY
from custody.domain.given_names import AMBIGUOUS, GIVEN, one_of

_WORD = "[A-Z\u00c0-\u00de][A-Za-z\u00c0-\u024f'’-]+"
_LOUD = "[A-Z\u00c0-\u00de][A-Z\u00c0-\u00de'’-]+"
_TITLES = (
    "Mr|Mrs|Ms|Miss|Mx|Dr|Dra|Prof|Herr|Frau|Sir|Dame|Madam|Mme|Sr|Sra|Monsieur|Madame|"
    "Signor|Signora"
)
_SHORT_TITLES = (
    "Hon|Rev|Fr|Capt|Col|Gen|Sgt|Lt|Sen|Ing|Dr[.]-Ing|Dipl[.]-Ing|Mag|Univ[.]Prof"
)
_TITLE = (
    f"(?:(?:{_TITLES}|{_TITLES.upper()})[.]?|(?:(?:Rt[.]? |The )?(?:{_SHORT_TITLES})"
    f"|{_SHORT_TITLES.upper()})[.])"
)
"""Short ones need their dot: `Gen Z` and `Hon Hai` are no people."""

_GIVEN, _FAMILIES = GIVEN.split(), FAMILY.split()
_PLAIN = set(_GIVEN) - set(AMBIGUOUS.split())
_NAME, _FAMILY = one_of(_GIVEN), one_of(_FAMILIES)
_LOUD_NAME = one_of(name.upper() for name in _PLAIN)
_SOFT_NAME = one_of(name.lower() for name in _PLAIN)
_LOUD_FAMILY = one_of(name.upper() for name in _FAMILIES)
_SOFT_FAMILY = one_of(name.lower() for name in _FAMILIES)
_PARTICLE = (
    "van der|van den|van de|van|von der|von und zu|von|de la|de los|de|der|da|do|dos|"
    "das|di|del|della|du|la|le|bin|binti|ibn|al|el|ter|ten|zu|y|e|St[.]|Van Der|Van De|"
    "Von Der|Van|Von|De La|De|Del|Di|Du|Le|La|Dos|Da|El|Al|Freiherr von|Graf von"
)
_DEGREE = (
    "[JS]r[.]?|JR[.]?|SR[.]?|II|III|IV|V|VI|Esq[.]?|M[.]?D[.]?|Ph[.]? ?D[.]?|PHD|"
    "D[.]?D[.]?S[.]?|D[.]O[.]|R[.]?N[.]?|CPA|CFA|CFP|CLU|LUTC|M[.]?B[.]?A[.]?|MSc|BSc|"
    "[BM][.]?Sc[.]?|[BM][.]Eng[.]|[BM][.]A[.]|Q[.]?C[.]?|KC|MP|PE|FACS|DVM|DMD|"
    "J[.]?D[.]?|LL[.]M[.]?|CRNA|MBE|OBE"
)
_DEGREES = f"(?:,? (?:- )?(?:{_DEGREE}|[(](?:{_DEGREE})[)])){{0,4}}"
_SURE_DEGREES = "(?:,? (?:Jr[.]?|Sr[.]|Esq[.]?|M[.]D[.]|Ph[.]? ?D[.]?|D[.]?D[.]S[.]))"
_NICK = "(?: (?:[\"“«'][A-Z][A-Za-z .'-]{1,20}[\"”»']|[(][A-Z][A-Za-z .'-]{1,20}[)]))?"
_MIDDLE = f"(?: (?:{_WORD}|[A-Z][.]?|{_PARTICLE})){{0,4}}"
_MAIDEN = f"(?: [(](?:(?:née|geb[.]|born) )?{_WORD}[)])?"
_IRISH = (
    "(?:O['’]|D['’]|Mc)[A-Z][a-z]+"
    "|Mac(?:Donald|Lean|Kenzie|Gregor|Millan|Arthur|Intyre|Leod|Pherson|Dougall|Farlane)"
)
LATIN_PERSON = (
    f"(?:{_TITLE} ){{0,2}}{_NAME}(?:-{_WORD})?{_NICK}{_MIDDLE} {_WORD}{_MAIDEN}"
    f"{_DEGREES}"
    f"|(?:{_TITLE} ){{1,2}}(?:[A-Z][.]? ){{0,3}}{_WORD}{_MIDDLE}{_DEGREES}"
    f"|{_WORD}(?: {_WORD})?(?: {_DEGREE})?, (?:{_TITLE} )?(?:{_NAME}|{_LOUD_NAME})"
    f"(?: (?:{_WORD}|[A-Z][.]?)){{0,2}}{_DEGREES}"
    f"|(?:{_PARTICLE}) {_WORD}, {_WORD}"
    f"|(?:{_LOUD} )?{_LOUD}(?: {_DEGREE})?, {_LOUD} [A-KN-RT-WYZ][.]?{_DEGREES}"
    f"|{_WORD}(?: {_DEGREE})?, {_WORD} [A-Z][.]{_DEGREES}"
    f"|{_WORD} (?:[A-Z][.] ?){{1,3}}{_WORD}{_DEGREES}"
    f"|{_WORD}(?: (?:{_WORD}|[A-Z][.]?)){{1,3}}{_SURE_DEGREES}{_DEGREES}"
    f"|{_WORD} (?:van|von|van der|van den|von der|von und zu|ibn|Van Der|Von Der|"
    f"Van De|Freiherr von) (?:{_WORD} )?{_WORD}"
    f"|{_WORD} (?:{_WORD} |[A-Z][.]? )?(?:{_IRISH}|{_FAMILY}(?:-{_WORD})?){_DEGREES}"
    f"|{_LOUD_NAME}(?: (?:{_LOUD}|[A-Z][.]?)){{0,3}} {_LOUD}{_DEGREES}"
    f"|{_LOUD} (?:[A-Z][.]? |{_LOUD} )?{_LOUD_FAMILY}{_DEGREES}"
    f"|{_SOFT_NAME} (?:[a-z][.]? |[a-z]+ )?{_SOFT_FAMILY}(?: (?:jr|sr|iii|phd|md))?"
)
"""Given name and surname, with titles, initials and degrees, or the surname first."""

INITIALS_PERSON = f"(?:[A-Z][.] ?){{1,3}}{_FAMILY}"

_PINYIN_SURNAMES = (
    "Wang|Li|Zhang|Liu|Chen|Yang|Huang|Zhao|Wu|Zhou|Xu|Sun|Ma|Zhu|Hu|Guo|He|Lin|Gao|Luo|"
    "Zheng|Liang|Xie|Song|Tang|Deng|Han|Feng|Cao|Peng|Zeng|Xiao|Dong|Pan|Yuan|Cai|Jiang|"
    "Yu|Du|Ye|Cheng|Wei|Su|Lv|Ding|Ren|Lu|Yao|Shen|Zhong|Cui|Tan|Fan|Qin|Jia|Xia|"
    "Ouyang|Sima|Zhuge|Shangguan"
)
_CLEAR_SURNAMES = (
    "Wang|Zhang|Liu|Chen|Yang|Huang|Zhao|Wu|Zhou|Xu|Zhu|Guo|Lin|Gao|Luo|Zheng|Liang|Xie|"
    "Deng|Feng|Cao|Zeng|Xiao|Jiang|Cai|Wei|Qin|Li|Hu|Sun|Ouyang"
)
_SYLLABLE = (
    "(?:(?:zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])?"
    "(?:iang|iong|uang|ang|eng|ing|ong|ian|iao|uai|uan|ai|ei|ao|ou|an|en|in|un|ia|ie|iu|"
    "ua|uo|ue|ui|a|o|e|i|u))"
)
_ABROAD = (
    "Chan|Cheung|Wong|Lau|Leung|Lam|Chow|Tsai|Hsu|Hsieh|Chang|Kwok|Yip|Tsang|Fung|Fu|Sze|"
    "Teng|Tseng|Chu|Chiu|Kuo|Yeh|Hung|Chou|Chung|Tsui|Ng|Ho|Lo|Tam|Mak|Siu|Choi|Kim|Park"
)
_UNMISTAKABLE = (
    "Wang|Zhang|Liu|Chen|Huang|Zhao|Zhou|Xu|Zhu|Guo|Zheng|Xie|Zeng|Qin|Jiang"
)
_TWO_SYLLABLES = "[A-Z][a-z]{1,5}-[A-Za-z][a-z]{1,5}"
_SURNAME = f"(?:{_PINYIN_SURNAMES}|{_PINYIN_SURNAMES.upper()})"
PINYIN_PERSON = (
    f"{_SURNAME},? (?i:{_SYLLABLE}{{1,2}})(?:[ -](?i:{_SYLLABLE}))?"
    f"|(?i:{_SYLLABLE}{{2}}) (?:{_CLEAR_SURNAMES}|{_CLEAR_SURNAMES.upper()})"
    f"|{_TWO_SYLLABLES} (?:{_CLEAR_SURNAMES}|{_ABROAD}|Lee)"
    f"|[A-Z]{_SYLLABLE} (?:{_UNMISTAKABLE})"
    "|(?:Chan|Cheung|Wong|Lau|Leung|Lam|Chow|Tsai|Hsu|Hsieh|Chang|Kwok|Yip|Tsang|Fung|Lin)"
    " [A-Z][a-z]{1,5}(?:-[a-z]{1,5}| [A-Z][a-z]{1,5})"
    "|(?:CHAN|CHEUNG|WONG|LAU|LEUNG|LAM|CHOW|TSAI|HSU|HSIEH|KWOK|YIP|TSANG|FUNG)"
    " [A-Z]{2,6}[ -][A-Z]{2,6}"
    "|(?:Kim|Lee|Choi|Jung|Kang|Yoon|Jang|Lim|Shin|Kwon|Hwang)"
    " [A-Z][a-z]{1,5}-[a-z]{2,6}"
    "|(?:Nguyen|Nguyễn|Tran|Trần|Pham|Phạm|Hoang|Phan|Dang|Bui|Ngo|Duong)"
    " [A-Z][a-z]{1,6} [A-Z][a-z]{1,6}"
)
"""Pinyin with the surname first or last; Hong Kong, Taiwan, Korea and Vietnam with two
syllables."""

LATIN_WORDS = (
    "(?:^| )(?:Street|Road|Avenue|Lane|Beach|Arbor|City|Islands?|River|Lake|University|"
    "College|School|Hospital|Bank|Company|Group|Center|Centre|Hotel|Park|Store|Shop|"
    "Carolina|Dakota|Kong|York|Angeles|Services?|Manager|President|Report|Day|Music|"
    "Team|Order|Product|Red|Blue|Black|Size|Large|Small|Medium|Yellow|Green|Silver|"
    "Inc|Ltd|LLC|Corp|Association|Foundation|Church|Airport|Station|Award|Edition|"
    "Tower|Building|Plaza|Thornton|Deere|Express|Brothers|Sons|Tire|Bike|Frame|Restaurant|"
    "Gardens?|Square|Bridge|Valley|Mountains?|Coast|Bay|Harbou?r|County|Town|Village|North|"
    "South|East|West|Museum|Theat(?:re|er)|Cinema|Cafe|Café|Bar|Grill|Pizza|Coffee|Tea|Wine|"
    "Beer|Cake|Cup|League|Club|Hall|Prize|Act|Law|Effect|Theorem|Syndrome|Disease|Method|"
    "Algorithm|Cream|Sauce|Set|Kit|Pack|Model|Series|Edition|Version|Collection|Line|Air|"
    "Clinic|Pharmacy|Academy|Institute|Committee|Department|Office|Agency|Limited|Studio)"
    "(?:[ .,]|$)"
)
"""What follows a given name and makes it a place, a product or a company."""
