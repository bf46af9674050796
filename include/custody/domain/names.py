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
PERSON = f"(?:(?:{_COMPOUND}){_GIVEN}{{1,2}}|[{_SURNAMES}]{_GIVEN}{{1,2}})"
"""A Chinese name: surname, then one or two characters that given names may have."""

_PART = (
    "[^省市县縣区區镇鎮乡鄉村路街巷号號楼樓公司店厂的"
    "\x00-\u33ff\u4dc0-\u4dff\ua000-\U0010ffff]"
)
WHOLE_PERSON = (
    f"{PERSON}|[{_SURNAMES}] {_GIVEN}{{1,2}}"
    f"|{_PART}{{1,8}}(?:-{_PART}{{1,6}})?(?:[·•‧]{_PART}{{1,10}}){{1,3}}"
)
"""A name alone, also with a blank inside, or in parts as peoples without surnames."""

WORDS = frozenset((WORDS_OF_TWO + WORDS_OF_THREE).split())
"""Ordinary words and places that begin like a name."""

NO_LATIN_NAME = LATIN_WORDS
LATIN_NAMES = f"{LATIN_PERSON}|{INITIALS_PERSON}|{PINYIN_PERSON}"
_HAN_PERSON = re.compile(WHOLE_PERSON)
_LATIN_PERSON = re.compile(LATIN_NAMES)
_LATIN_WORDS = re.compile(NO_LATIN_NAME)


def is_labelled_name(text: str) -> bool:
    """Return whether what a label calls a name is one, a colour's word or not."""
    return is_person_name(text) or bool(_LATIN_PERSON.fullmatch(text))


def is_person_name(text: str) -> bool:
    """Return whether a whole folded value is a person's name and no known word."""
    if _HAN_PERSON.fullmatch(text):
        return text not in WORDS
    return bool(_LATIN_PERSON.fullmatch(text)) and not _LATIN_WORDS.search(text)
