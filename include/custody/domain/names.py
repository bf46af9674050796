"""What tells a person's name by itself.

Names have no check digit: words and their order are all there is, so the rules
are narrow, and ordinary words that begin like a name are left out.
"""

import re

from custody.domain.latin_names import (
    INITIALS_PERSON,
    LATIN_PERSON,
    LATIN_WORDS,
    PINYIN_PERSON,
)
from custody.domain.minority_names import DOTTED_PERSON, PLACED, UNDOTTED_PERSON
from custody.domain.rarer_words_of_three import RARER_WORDS_OF_THREE
from custody.domain.rarer_words_of_two import RARER_WORDS_OF_TWO
from custody.domain.words_of_three import WORDS_OF_THREE
from custody.domain.words_of_two import WORDS_OF_TWO

HAN = "[\u3400-\u4dbf\u4e00-\u9fff]"

_SURNAMES = (
    "王李张張刘劉陈陳杨楊黄黃赵趙吴吳周徐孙孫马馬朱胡郭何林高罗羅郑鄭梁谢謝宋唐许許"
    "邓鄧韩韓冯馮曹彭曾肖蕭萧田董潘袁蔡蒋蔣余于杜叶葉程魏苏蘇吕呂丁任卢盧姚沈钟鍾姜崔"
    "谭譚陆陸范汪廖石金韦韋贾賈夏付方邹鄒熊白孟秦邱侯江尹薛闫阎段雷龙龍黎史陶贺賀毛郝"
    "顾顧龚龔邵万萬覃武钱錢戴严嚴莫孔向常汤湯康易乔喬赖賴文庞龐樊殷施洪翟安颜顏倪牛温"
    "芦季俞章鲁魯葛伍申尤毕畢聂聶柴焦柳邢岳齐齊梅庄莊辛管祝左涂谷祁时耿牟卜詹关關苗凌"
    "费費纪紀靳盛童欧歐甄项項曲成游阳裴席卫衛查屈鲍鮑位覃霍翁隋植甘景单單包司柏宁寧柯"
    "阮桂闵解强丛华華车冉房边辜吉饶刁瞿戚丘古米池滕晋苑邬臧畅宫来嵇冷卓蓝藍蒲党练靖"
    "傅苟仇裘冼佘狄窦竇晏敖虞冀巩鞏娄婁迟遲舒褚阚闞佟栾欒卞匡荆荊闻聞麦麥兰蘭宗谈談桑"
)
_COMPOUND = (
    "欧阳|歐陽|司马|司馬|上官|诸葛|諸葛|东方|皇甫|尉迟|公孙|慕容|令狐|长孙|宇文|司徒|"
    "夏侯|南宫|独孤|端木|闻人|赫连|钟离|轩辕|呼延|申屠|東方|尉遲|公孫|長孫|南宮|獨孤|聞人|"
    "赫連|鍾離|軒轅|公冶|太叔|濮阳|濮陽|淳于|单于|單于|拓跋|万俟|萬俟|澹台|澹臺|仲孙|仲孫|"
    "鲜于|鮮于|闾丘|亓官|司寇|颛孙|宗政|公西|漆雕|乐正|東郭|东郭|梁丘|左丘|完颜|完顏|纳兰"
)
_NOT_GIVEN = (
    "区區市县縣省镇鎮乡鄉村街路巷号號厂廠店部司局处處科室所院校馆館站场場库庫仓倉价價"
    "费費率量额額数數型类類级級款单單证證表册票据據员員者器机機械具材料油气氣煤电電线線"
    "网網络絡件货貨食酒茶烟药藥肉奶菜果粮糖盐鹽装裝备備系统統台项項目计計划劃管理服务務"
    "支付收存取借贷險险税稅时時间間日年个個的了是在不有无無或与與及等从從为為把被"
    "会會社团團组組层層楼樓栋棟号码碼址名称稱姓性别別务户戶主体體品牌版法规規"
    "程度式形状狀态態色味姐们們您你我他她它这這那哪吗嗎呢吧就都也还還很再又"
    "售购購买買卖賣销銷客公集厦廈园園农農工商医醫车車船港湾灣岛島"
)
_GIVEN = f"[^{_NOT_GIVEN}\x00-\u33ff\u4dc0-\u4dff\ua000-\U0010ffff]"
_RARE = "[连連官簡简惠茅海候代郎艾池敬荀晁农農原种糜沙后鹿油尚]"
_TYPICAL = (
    "[伟偉芳娜敏静靜丽麗强強磊军軍勇艳豔杰傑娟涛濤超秀霞刚剛桂英玉兰蘭建红紅梅婷雪倩颖穎琳玲"
    "淑珍芝凤鳳莲蓮莹瑩琼瓊妍薇瑶瑤佳欣怡悦宇轩浩博晨鹏鵬凯凱俊峰辉輝亮波斌彬鑫雷畅暢健欢歡瑞雯"
    "娇嬌媛茜岚楠馨蕾璐萍菊梓涵睿豪晖燕锋鋒]"
)
"""Surnames that begin many words as well count with what only given names are."""

PERSON = (
    f"(?:(?:{_COMPOUND}){_GIVEN}{{1,2}}|[{_SURNAMES}]{_GIVEN}{{1,2}}"
    f"|{_RARE}{_TYPICAL}{{1,2}})"
)
"""A Chinese name: surname, then one or two characters that given names may have."""

WHOLE_PERSON = (
    f"{PERSON}|[{_SURNAMES}] {_GIVEN}{{1,2}}|{DOTTED_PERSON}|{UNDOTTED_PERSON}"
)
"""A name alone, also with a blank inside, or of peoples without surnames."""

NO_PERSON = PLACED
WORDS = frozenset(
    (WORDS_OF_TWO + WORDS_OF_THREE).split()
    + RARER_WORDS_OF_TWO.split()
    + RARER_WORDS_OF_THREE.split()
)
"""Ordinary words and places that begin like a name."""

NO_LATIN_NAME = LATIN_WORDS
LATIN_NAMES = f"{LATIN_PERSON}|{INITIALS_PERSON}|{PINYIN_PERSON}"
_LAST_LATIN = "\u024f"
_HAN_PERSON = re.compile(WHOLE_PERSON)
_PLACED = re.compile(NO_PERSON)
_LATIN_PERSON = re.compile(LATIN_NAMES)
_LATIN_WORDS = re.compile(NO_LATIN_NAME)


def is_labelled_name(text: str) -> bool:
    """Return whether what a label calls a name is one, a colour's word or not."""
    return is_person_name(text) or bool(_LATIN_PERSON.fullmatch(text))


def is_person_name(text: str) -> bool:
    """Return whether a whole folded value is a person's name and no known word."""
    if _HAN_PERSON.fullmatch(text):
        return text not in WORDS and not _PLACED.search(text)
    if text[:1] > _LAST_LATIN:
        return False
    return bool(_LATIN_PERSON.fullmatch(text)) and not _LATIN_WORDS.search(text)
