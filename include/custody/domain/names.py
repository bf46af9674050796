"""What tells a person's name, a company's name and an address by itself.

These kinds have no check digit: words and their order are all there is, so the
rules are narrow and every list is short enough to be read.
"""

import re

HAN = "[\u3400-\u4dbf\u4e00-\u9fff]"

_SURNAMES = (
    "王李张張刘劉陈陳杨楊黄黃赵趙吴吳周徐孙孫马馬朱胡郭何林高罗羅郑鄭梁谢謝宋唐许許"
    "邓鄧韩韓冯馮曹彭曾肖蕭萧田董潘袁蔡蒋蔣余于杜叶葉程魏苏蘇吕呂丁任卢盧姚沈钟鍾姜崔"
    "谭譚陆陸范汪廖石金韦韋贾賈夏付方邹鄒熊白孟秦邱侯江尹薛闫阎段雷龙龍黎史陶贺賀毛郝"
    "顾顧龚龔邵万萬覃武钱錢戴严嚴莫孔向常汤湯康易乔喬赖賴文庞龐樊殷施洪翟安颜顏倪牛温"
    "芦季俞章鲁魯葛伍申尤毕畢聂聶柴焦柳邢岳齐齊梅庄莊辛管祝左涂谷祁时耿牟卜詹关關苗凌"
    "费費纪紀靳盛童欧歐甄项項曲成游阳裴席卫衛查屈鲍鮑位覃霍翁隋植甘景单單包司柏宁寧柯"
    "阮桂闵解强丛华華车冉房边辜吉饶刁瞿戚丘古米池滕晋苑邬臧畅宫来嵇冷卓蓝藍蒲党练靖"
)
_COMPOUND = (
    "欧阳|歐陽|司马|司馬|上官|诸葛|諸葛|东方|皇甫|尉迟|公孙|慕容|令狐|长孙|宇文|司徒|"
    "夏侯|南宫|独孤|端木|闻人|赫连|钟离|轩辕|呼延|申屠"
)
_NOT_GIVEN = (
    "区區市县縣省镇鎮乡鄉村街路巷号號厂廠店部司局处處科室所院校馆館站场場库庫仓倉价價"
    "费費率量额額数數型类類级級款单單证證表册票据據员員者器机機械具材料油气氣煤电電线線"
    "网網络絡件货貨食酒茶烟药藥肉奶菜果粮糖盐鹽装裝备備系统統台项項目计計划劃管理服务務"
    "支付收存取借贷險险税稅时時间間日月年元个個的了是在不有无無或与與及等从從为為把被"
    "会會社团團组組层層楼樓栋棟号码碼址名称稱姓性别別业業务户戶主体體品牌版法规規"
    "程度式形状狀态態色味姐们們您你我他她它这這那哪吗嗎呢吧就都也还還很再又"
    "售购購买買卖賣销銷客公集厦廈园園广廣农農工商学學医醫车車船港湾灣岛島"
)
_GIVEN = f"[^{_NOT_GIVEN}\x00-\u33ff\u4dc0-\u4dff\ua000-\U0010ffff]"
PERSON = f"(?:(?:{_COMPOUND}){_GIVEN}{{1,2}}|[{_SURNAMES}]{_GIVEN}{{1,2}})"
"""A Chinese name: surname, then one or two characters that given names may have."""

_WORDS = (
    "江苏 江蘇 甘肃 甘肅 宁夏 寧夏 吉林 江西 江南 江北 石家庄 成都 常州 常熟 "
    "温州 徐州 郑州 鄭州 苏州 蘇州 金华 金華 沈阳 瀋陽 邢台 唐山 马鞍山 文山 "
    "梅州 柳州 贺州 惠州 安阳 安庆 安顺 安康 任丘 霍州 黄石 黄冈 包头 齐齐哈尔 "
    "牡丹江 华东 華東 华南 華南 华北 華北 华中 華中 华西 东方 方便 方向 方案 "
    "方面 方法 金融 金属 金屬 金额 高级 高新 高端 高中 高速 高校 高价 白色 白银 "
    "黄色 黄金 蓝色 石油 石化 石材 安全 安装 安排 安静 任务 任何 任意 何时 何处 "
    "包装 包裹 包含 包括 单位 單位 单价 管道 章节 解决 解除 解释 时尚 常规 常用 "
    "常见 常驻 成功 成交 成本 成立 成员 成人 万达 强大 强制 申请 申报 冷链 冷冻 "
    "冷藏 阳光 关闭 关系 关注 关于 游戏 游客 游泳 顾客 顾问 平安 华丽 左右 左侧 "
    "程序 程控 费用 项链 全部 康复 文化 文件 文本 文具 文字 文教 文娱 温度 温和 "
    "温馨 易碎 盛大 童装 童鞋 季度 季节 严重 严格 左边 毛巾 毛衣 毛重 毛利 熊猫 "
    "牛仔 白酒 白领 梅花 林业 林木 花费 余额 余款 余下 付款 付清 付费 周末 周期 "
    "周边 周年 周转 周五 周一 周二 周三 周四 周六 段落 史料 向上 向下 向前 夏季 "
    "夏天 秦皇岛 谷物 谷歌 齐全 常德 常务 莫名 钱包 范围 范例 石英 石膏 雷达 "
    "龙头 龙岩 龙门 贺卡 贺信 武汉 武漢 武器 武术 陶瓷 万一 孔雀 汤料 易拉罐 "
    "康健 乔迁 于是 于今 任命 任职 任一 方形 方正 方针 方块 高温 高度 高效 高清 "
    "高低 高达 高尔夫 田园 田径 田野 程式 叶片 叶子 马上 马达 马拉松 马来西亚 "
    "马尔代夫 古典 古代 古巴 米兰 米粉 米饭 米其林 池塘 来源 来自 来电 来访 宫殿 "
    "解答 解析 华为 華為 金山 金蝶 金龙 小米 联想 万科 万豪 万和 苏宁 蘇寧 海尔 "
    "安踏 李宁 周大福 毛毯 柳树 桂花 桂林 梁山 黄山 黄河 黄海 黄埔 吴江 吴中 "
    "许昌 宋代 唐代 汉代 杜绝 姜茶 施工 施肥 纪念 纪律 祝福 祝贺 景点 景区 景观 "
    "景德镇 单独 单身 单人 单次 强烈 边界 边缘 边境 冷静 古老 党员 练习 管辖 "
    "欧元 欧美 欧洲 东莞 钟表 严肃 戴尔 史诗 方式 方程 方便面 白天 白条 白条鸡 "
    "曲线 曲阜 位置 成都双流 江门 江阴 鲁班 鲁迅 韩国 易购 易错 孟加拉 莫斯科 "
    "黎巴嫩 易经 唐装 程度 沈北 余杭 任县 梅雨 项羽 成套 成品 成色 何必 何种 "
    "万能 万元 万家乐 常温 常年 常态 盛夏 盛宴 文明 文艺 文学 文档 文案 向日葵 "
    "方可 方才 强化 强调 强度 安心 安卓 安徽 温泉 解放 解约 解冻 关怀 关键 关联 "
    "关停 单据 边防 卫生 卫星 卫浴 华侨 华人 车祸 房产 房屋 房租 来往 来年 冷热 "
    "宁波 宁德 寧波 柏林 苗木 苗圃 凌晨 费城 费解 费劲 童话 童年 欧姆 席位 席子 "
    "阳台 阳性 游艇 查询 查看 查验 查无 包月 包邮 包年 包退"
)
"""Ordinary words and places that begin like a name."""
WORDS = frozenset(_WORDS.split())

_LATIN_GIVEN = (
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
    "Carlos|Juan|Pedro|Luis|Jose|Hans|Karl|Pierre|Marie|Sofia|Elena|Thomas|Roland|Sven"
)
LATIN_PERSON = (
    f"(?:Mr[.]? |Mrs[.]? |Ms[.]? |Dr[.]? )?(?:{_LATIN_GIVEN})"
    "(?: [A-Z][.]?)?(?: [A-Z][A-Za-z'’-]+){1,2}"
)
_PINYIN_SURNAMES = (
    "Wang|Li|Zhang|Liu|Chen|Yang|Huang|Zhao|Wu|Zhou|Xu|Sun|Ma|Zhu|Hu|Guo|He|Lin|Gao|Luo|"
    "Zheng|Liang|Xie|Song|Tang|Deng|Han|Feng|Cao|Peng|Zeng|Xiao|Dong|Pan|Yuan|Cai|Jiang|"
    "Yu|Du|Ye|Cheng|Wei|Su|Lv|Ding|Ren|Lu|Yao|Shen|Zhong|Cui|Tan|Fan|Qin|Jia|Xia"
)
_SYLLABLE = (
    "(?:(?:zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])?"
    "(?:iang|iong|uang|ang|eng|ing|ong|ian|iao|uai|uan|ai|ei|ao|ou|an|en|in|un|ia|ie|iu|"
    "ua|uo|ue|ui|a|o|e|i|u))"
)
PINYIN_PERSON = f"(?:{_PINYIN_SURNAMES}) (?i:{_SYLLABLE}{{1,2}})"

COMPANY = (
    f"[^，。；、？！,;?!:]*{HAN}{{2}}[^，。；、？！,;?!:]*"
    "(?:有限公司|有限责任公司|有限責任公司|集团|集團|公司|工厂|工廠|合作社|"
    "事务所|事務所|商行|贸易行|经营部|商贸行|银行|銀行|医院|醫院|大学|大學|研究院|企业|企業|厂)"
    "(?:[(][^()]{2,12}[)])?(?:[^，。；、,;]{1,12}(?:分公司|支行|分行|分店|营业部))?"
)
LATIN_COMPANY = (
    "[A-Za-z0-9&][A-Za-z0-9&.,'’() -]+[ ,](?:Co[.]?,? ?Ltd|Ltd|Limited|Inc|LLC|LLP|"
    "Corp|Corporation|Company|GmbH|AG|PLC|plc|S[.]A|B[.]V|N[.]V|Pty)[.]?"
)

_ROAD = (
    "(?:路|街|巷|弄|胡同|大道|道|村|组|組|里|段|镇|鎮|乡|鄉|区|區|县|縣|市|园|園|苑|庄)"
)
_DOOR = (
    "[0-9一二三四五六七八九十百]{1,6}[A-Za-z]?(?:之[0-9]{1,4})?"
    "(?:号|號|弄|室|栋|棟|幢|单元|座|楼|樓|层|層)"
)
ADDRESS = f"{HAN}{{2}}{_ROAD}[^，。；,;:@]{{0,24}}?{_DOOR}"
"""A named road, district or village, and a door number soon after it.

Every repetition is bounded, so that a search takes time in proportion to the text.
"""

_STREET = (
    "(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Drive|Dr|Lane|Ln|Court|Ct|Place|Pl|"
    "Way|Terrace|Circle|Cir|Square|Sq|Parkway|Pkwy|Highway|Hwy|Close|Crescent|Grove|"
    "Gardens|Row|Hill|Mews|Main|Blv|Loop|Trail|Path)"
)
LATIN_ADDRESS = (
    f"(?:(?:Unit|Flat|Suite|Apt|Room) [A-Za-z0-9-]+,? )?"
    f"[0-9]{{1,5}}[A-Za-z]?(?:-[0-9]+)?,? "
    f"(?:[A-Z][A-Za-z.'’-]* ){{0,4}}(?:[A-Z][A-Za-z.'’-]*)? ?{_STREET}(?:[^A-Za-z]|$)"
)
GERMAN_ADDRESS = (
    "[A-Z][a-zäöüß]+ ?(?:[Ss]tr[.]|[Ss]traße|[Ss]trasse|[Pp]latz|[Ww]eg) ?[0-9]{1,4}"
)
UK_POSTCODE = "[ ,][A-Z]{1,2}[0-9][0-9A-Z]? [0-9][A-Z]{2}$"

_PERSON = re.compile(f"{PERSON}|{LATIN_PERSON}|{PINYIN_PERSON}")
_COMPANY = re.compile(f"{COMPANY}|{LATIN_COMPANY}")
_ADDRESS = re.compile(f"{ADDRESS}|^{LATIN_ADDRESS}|^{GERMAN_ADDRESS}|{UK_POSTCODE}")
LONGEST_COMPANY = 80


def is_person_name(text: str) -> bool:
    """Return whether a whole folded value is a person's name and no known word."""
    return text not in WORDS and bool(_PERSON.fullmatch(text))


def is_company_name(text: str) -> bool:
    """Return whether a whole folded value is named like a company or institution."""
    return len(text) <= LONGEST_COMPANY and bool(_COMPANY.fullmatch(text))


def has_address(text: str) -> bool:
    """Return whether a folded value is or holds a postal address with a door."""
    return bool(_ADDRESS.search(text))
