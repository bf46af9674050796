"""Names of people in Latin letters: given names, and spelled-out Chinese ones.

No check digit tells a name, so one part must be on a short list and the rest must
be written like a name; ordinary words and places end the match.
"""

_GIVEN = (
    "James|John|Robert|Michael|William|David|Richard|Joseph|Thomas|Charles|Daniel|"
    "Matthew|Anthony|Mark|Donald|Steven|Paul|Andrew|Joshua|Kenneth|Kevin|Brian|George|"
    "Edward|Ronald|Timothy|Jason|Jeffrey|Ryan|Jacob|Gary|Nicholas|Eric|Jonathan|Stephen|"
    "Larry|Justin|Scott|Brandon|Benjamin|Samuel|Gregory|Frank|Alexander|Raymond|Patrick|"
    "Jack|Dennis|Jerry|Peter|Henry|Adam|Arthur|Martin|Simon|Alan|Philip|Roger|Lewis|"
    "Mary|Patricia|Jennifer|Linda|Elizabeth|Barbara|Susan|Jessica|Sarah|Karen|Lisa|Nancy|"
    "Betty|Margaret|Sandra|Ashley|Emily|Donna|Michelle|Carol|Amanda|Melissa|Deborah|"
    "Stephanie|Rebecca|Sharon|Laura|Cynthia|Kathleen|Amy|Angela|Shirley|Anna|Brenda|"
    "Pamela|Emma|Nicole|Helen|Samantha|Katherine|Christine|Rachel|Janet|Catherine|Maria|"
    "Heather|Diane|Ruth|Julie|Olivia|Joyce|Virginia|Alice|Ann|Anne|Jean|Jane|Ana|Antonio|"
    "Carlos|Juan|Pedro|Luis|Jose|José|Hans|Karl|Pierre|Marie|Sofia|Elena|Roland|Sven|"
    "Aaron|Abigail|Adrian|Albert|Alex|Alexandra|Alfred|Alison|Allison|Andrea|Andreas|"
    "Andrei|Angelo|Anita|Annette|Antoine|Barry|Beatrice|Bernard|Bob|Bradley|Bruce|Bruno|"
    "Bryan|Caroline|Cecilia|Charlotte|Cheryl|Chloe|Chris|Christian|Christina|Christopher|"
    "Claire|Claudia|Colin|Craig|Crystal|Daniela|Danielle|Darren|Debra|Denise|Diana|Diego|"
    "Dirk|Dmitri|Dorothy|Douglas|Edith|Edwin|Eleanor|Emilio|Enrique|Erik|Erin|Esther|"
    "Ethan|Eugene|Eva|Evelyn|Felix|Fernando|Fiona|Florian|Francesca|Francesco|Francis|"
    "Francisco|François|Fred|Frederick|Gabriel|Gabriela|Gerald|Giovanni|Giulia|Gloria|"
    "Graham|Günter|Guillaume|Hannah|Harold|Harry|Heidi|Heinrich|Helena|Henri|Howard|Hugo|"
    "Ian|Igor|Ingrid|Irene|Isabel|Isabella|Ivan|Jaime|Jan|Janine|Javier|Jamie|Jens|Jeremy|"
    "Jesús|Jim|Joan|Joanna|Joe|Johann|Johannes|Jon|Jorge|Josef|Juliana|Judith|Judy|Julia|"
    "Julian|Jürgen|Kathryn|Katrin|Keith|Kelly|Kimberly|Klaus|Kristina|Kurt|Kyle|Lars|"
    "Laurent|Lauren|Leon|Leonardo|Liam|Lillian|Lorenzo|Louis|Louise|Luca|Lucas|Lucia|"
    "Ludwig|Lydia|Manuel|Marco|Marcus|Margarita|Marilyn|Mario|Marta|Martha|Martina|Matteo|"
    "Matthias|Max|Megan|Miguel|Mike|Mohamed|Mohammed|Monica|Monika|Natalia|Natalie|"
    "Nathan|Neil|Nicolas|Nina|Noah|Norman|Oleg|Oliver|Oscar|Otto|Pablo|Paola|Paolo|"
    "Pascal|Paula|Pavel|Petra|Phillip|Rafael|Ralph|Ramon|Raúl|Ricardo|Rita|Roberto|Robin|"
    "Rosa|Rose|Roy|Russell|Sabine|Sara|Sean|Sebastian|Sergei|Sergio|Sophia|Sophie|Stefan|"
    "Steve|Stuart|Sylvia|Tanya|Teresa|Terry|Theodore|Theresa|Tim|Todd|Tom|Tony|Travis|"
    "Tyler|Ursula|Valentina|Vanessa|Vera|Victor|Victoria|Vincent|Vladimir|Walter|Wayne|"
    "Wendy|Werner|Wolfgang|Yves|Yvonne|Zachary|Zoe|María|André|René|Björn|Sören|Jörg|"
    "Abdul|Abdullah|Aiden|Aisha|Akira|Alejandro|Amelia|Amit|Anders|Angus|Anil|Anjali|"
    "Arjun|Astrid|Ava|Bogdan|Brigitte|Chiara|Conor|Deepak|Dmitry|Ekaterina|Ella|Emil|Enzo|"
    "Fatima|Faisal|Giuseppe|Grace|Grzegorz|Gustav|Haruki|Hassan|Hiroshi|Ibrahim|"
    "Ingmar|Irina|Jackson|Jakub|Jean-Luc|Jesper|Johan|Kaito|Karim|Kenji|Khalid|Lakshmi|Layla|"
    "Lily|Logan|Magnus|Mason|Mateo|Mia|Mikhail|Mohammad|Muhammad|Nadia|Naoko|Nikolai|"
    "Noor|Olga|Omar|Pavlo|Piotr|Priya|Rahul|Rajesh|Ravi|Rohan|Sakura|Sanjay|Santiago|Satoshi|"
    "Seán|Sinéad|Søren|Sunita|Svetlana|Takeshi|Tatiana|Tomasz|Vijay|Vikram|Yasmin|Yousef|Yuki|"
    "Yuri|Yusuf|Zainab"
)
_WORD = "[A-Z\u00c0-\u00de][A-Za-z\u00c0-\u024f'-]+"
_TITLE = "(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Herr|Frau|Sir|Madam|Mme|Sr|Sra)[.]?"
_NAME = f"(?:{_GIVEN})"
LATIN_PERSON = (
    f"(?:{_TITLE} ){{0,2}}{_NAME}(?:-{_NAME})?"
    f"(?: (?:{_WORD}|[A-Z][.]?|van|von|de|der|da|di|del|la|bin)){{0,3}} {_WORD}"
    "(?:,? (?:[JS]r[.]?|II|III))?"
    f"|(?:{_TITLE} ){{1,2}}(?:[A-Z][.] )?{_WORD}(?: {_WORD})?"
    f"|{_WORD}, (?:{_NAME}|{_NAME.upper()})(?: (?:{_WORD}|[A-Z][.]?))?"
)
"""Given name and surname, with titles and initials, or the surname first."""

_ENGLISH_SURNAMES = (
    "Smith|Johnson|Williams|Brown|Jones|Garcia|Miller|Davis|Rodriguez|Martinez|Hernandez|"
    "Lopez|Gonzalez|Wilson|Anderson|Taylor|Moore|Jackson|Lee|Perez|Thompson|White|Harris|"
    "Sanchez|Clark|Ramirez|Lewis|Robinson|Walker|Young|Allen|Wright|Scott|Torres|Nguyen|"
    "Hill|Flores|Adams|Nelson|Baker|Campbell|Mitchell|Carter|Roberts|Doe|Müller|Schmidt|"
    "Weber|Fischer|Meyer|Wagner|Becker|Dupont|Martin|Bernard|Rossi|Ferrari|Kim|Park|Tanaka"
)
INITIALS_PERSON = f"(?:[A-Z][.] ?){{1,3}}(?:{_ENGLISH_SURNAMES})"

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
_SURNAME = f"(?:{_PINYIN_SURNAMES}|{_PINYIN_SURNAMES.upper()})"
PINYIN_PERSON = (
    f"{_SURNAME},? (?i:{_SYLLABLE}{{1,2}})(?:[ -](?i:{_SYLLABLE}))?"
    f"|(?i:{_SYLLABLE}{{2}}) (?:{_CLEAR_SURNAMES}|{_CLEAR_SURNAMES.upper()})"
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
    "Tower|Building|Plaza|Thornton|Deere|Express|Brothers|Sons|Tire|Bike|Frame|Restaurant)"
    "(?:[ .,]|$)"
)
"""What follows a given name and makes it a place, a product or a company."""
