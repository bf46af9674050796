"""What looks like personal data and is none, written down by hand.

Orders, tracking numbers, device numbers, barcodes, moments, machine identifiers,
versions, amounts, coordinates and ordinary words; half of the corpus.
"""

LOOK_ALIKES = (
    # orders, tracking, serials
    *("202405011234567890", "123456789012345678", "987654321098765432"),
    *("202405011234567", "20240501123456", "DD20240501123456789", "2024050112345678"),
    *("SF1234567890123", "EA123456789CN", "YT1234567890123", "JD0012345678901"),
    *("1Z999AA10123456784", "9400111899223197428490", "INV-2024-000123"),
    *("ORD-20240501-0001", "PO#4500012345", "AW00000001", "SO43659", "BK-R93R-62"),
    *("123456789012345", "111111111111111", "000000000000000000", "100000000000000000"),
    *("999999999999999999", "0000000000000000", "6000000000000001234567"),
    *(
        "2000132230112345678",
        "4200001234202405011234567890",
        "订单号：202405011234567890",
    ),
    # devices and barcodes
    *("353879234252633", "490154203237518", "356938035643809", "866758041234567"),
    *("6901234567892", "4006381333931", "9787111128069", "0012345678905"),
    *("978-7-111-12806-9", "0-306-40615-2", "ISSN 2049-3630", "036000291452"),
    *("00:1A:2B:3C:4D:5E", "LSVAA4187E2123456", "1HGCM82633A004352"),
    # moments and dates
    *("1700000000", "1700000000000", "1700000000000000", "1609459200000"),
    *("2026-01-15", "2024-05-01", "2026-01-15 12:30:00", "2024/5/1", "2024年5月1日"),
    *("12:30:45", "2024Q3", "2024-W18", "2030-12-31", "1985-06-15 12:34:56"),
    *("2024-05-01T12:30:00Z", "20240501", "05/2024", "1990", "1990-13-45"),
    *("1990-02-30", "FY2024", "05/01/2024", "2024.05.01", "1789-07-14"),
    # machine identifiers
    *("9AADCB0D-36CF-483F-84D8-585C2D4EC6E9", "550e8400-e29b-41d4-a716-446655440000"),
    *("d41d8cd98f00b204e9800998ecf8427e", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    *("507f1f77bcf86cd799439011", "0x1A2B3C4D5E6F", "#FF5733", "7590-VHVEG"),
    # versions and paths
    *("1.2.3", "v1.2.3.4", "10.0.19041.1", "256.1.1.1", "v2.11", "1.2.3.4.5.6"),
    *("Chrome/120.0.0.0", "version 1.2.3.4", "版本 1.2.3.4", "2.4.0-rc1", "0.0.0.0"),  # noqa: S104 - text
    *("/usr/local/bin/python3", "C:\\Windows\\System32", "index.html", "a::b"),
    *("@babel/core", "lodash@4.17.21", "icon@2x.png", "git@github.com:org/repo.git"),
    # amounts, measures, places
    *("12345.67", "￥1,234.50", "400123456.70", "138.50", "1,234,567.89", "-0.5"),
    *("13800138000.00", "1.5E+10", "3.14159", "1e-5", "6.02E+23", "99.9%", "50,000"),
    *("39.9042,116.4074", "31.2304 N, 121.4737 E", "-33.8688", "N39°54′ E116°24′"),
    *("1920x1080", "16:9", "3-1", "5'10\"", "100086", "518000", "10001", "12-34"),
    *("12345678", "123456", "0000", "110101", "1234567890", "62345678", "8613"),
    # not quite addresses of mail or the net
    *("foo@bar", "user@", "@handle", "user at example dot com", "a@b", "foo@.com"),
    *("example.com", "www.example.com", "https://example.com/path?id=13", "x@y@z"),
    # words that begin like a name
    *("高兴", "王国", "黄金", "白菜", "金融", "江苏", "高级", "平安", "方便", "白酒"),
    *("华东", "成都", "石油", "安全", "包装", "周末", "温度", "程序", "马上", "高速"),
    *("牛奶", "马路", "田园", "钱包", "毛巾", "石头", "汽车", "空调", "手机", "红色"),
    *("苹果", "是", "否", "男", "女", "已婚", "本科", "汉族", "中国", "北京", "上海市"),
    *(
        "老客户",
        "制造业",
        "战略客户",
        "新客",
        "重要客户，需重点跟进",
        "待审核",
        "已完成",
    ),
    *("普通会员", "金牌会员", "白金卡", "黄山", "云南", "广东省", "朝阳区", "项目经理"),
    *("许可证", "张贴", "陈列", "杨树", "胡椒", "徐徐", "何必", "余额", "曾经", "贺年"),
    *("易碎品", "万元", "常温", "方形", "史上", "孔子", "文具", "时间", "单价", "全额"),
    *("马铃薯", "胡萝卜", "高跟鞋", "金针菇", "白砂糖", "牛仔裤", "石榴", "花生油"),
    *("Sales Representative", "Month-to-month", "Electronic check", "New York"),
    *("Mailed check", "Bank transfer", "Fiber optic", "No internet service"),
    *("Mountain Bike Red", "Long Sleeve Logo", "High Priority", "Red Apple", "Mary"),
    *("Human Resources", "Vice President", "In Progress", "United States", "Paris"),
    *("Los Angeles", "Black Friday", "General Manager", "Blue Ocean", "Hong Kong"),
    *("Total Amount", "Customer Service", "Yes", "Bachelors", "Q1 Report", "Wang"),
    *("South Carolina", "May Day", "Good Morning", "Credit Card", "Data Center"),
    # companies and addresses in passing
    *(
        "有限公司",
        "公司",
        "本公司",
        "集团",
        "公司介绍",
        "中心",
        "Inc",
        "Ltd",
        "limited",
    ),
    *(
        "Limited Edition",
        "Group A",
        "第3号",
        "3楼",
        "5号",
        "一路平安",
        "路况良好",
        "2室1厅",
    ),
    *("客户服务中心", "5 Star Hotel", "24 Hours", "3 Main Courses", "Box 12", "No. 5"),
    *("100 Way Points Gained", "Room 5", "广东省深圳市", "北京市朝阳区", "华东地区"),
    # secrets that are talked about
    *("忘记密码", "请输入密码", "密码已重置", "password reset", "Passport renewal"),
    *("password is required", "Password: ********", "密码是必填项", "Token ring"),
    *("CVV 12345", "SKU-CVV 123", "CVV 说明", "密保答案：无", "密保答案：", "PIN code"),
    *("passwordless", "passport", "pass", "secretary", "api key rotation", "密码：无"),
    "-----BEGIN PUBLIC KEY-----",
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ",
    # nothing at all
    *("NULL", "N/A", "-", "", "　", "NA", "无", "None", "n/a", "?", "—", "#N/A", "0"),
    *("2.5-inch", "A4", "4G+", "Type-C", "3D", "COVID-19", "ISO 9001", "GB/T 2260"),
    *("京东", "沪深300", "川菜", "粤语", "京A", "A12345", "京AI2345", "京A12345678"),
    *("X12345678", "A1234", "E1234567", "H1234567", "EO1234567X", "P2P", "G20"),
    *("GB82WEST", "DE12", "GB00ABCD", "XX89370400440532013000", "AB12CD34EF56"),
    *("0936", "95588", "12306", "110", "400", "1065", "23800138000", "12345678901"),
    *("138****8000", "110101********1234", "6222********1234", "a***@example.com"),
    *("10800138000", "1380013800", "138001380001", "+86 1380013800", "0101234567"),
)
