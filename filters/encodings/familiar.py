"""How familiar the characters of a text of East Asia are, to tell its encodings apart.

Nearly any bytes of one of these encodings are characters in the others, and many of them are common
ones. But of Chinese, Japanese and Korean text three quarters and more are a few hundred characters.
Read in another encoding, a text has less than two fifths of them.
"""

import itertools
import re
from collections import Counter

# The most frequent ideographs and syllables of FLORES-200 (dev and devtest), the most frequent
# first: Chinese in both writings, Japanese, Korean.
_SIMPLIFIED = (
    "的在一是有和人了这为地大国不以会可他能中个时到上们行多于年要其发来生成动里斯用些物家对方也"
    "法出公或之后都学种而过分被常最部子但得通现自利亚前因如它该比特尔很所者你并与就作车经加表间"
    "更世同然开当名区下进克定使度提文意语数拉面从化小美重力将新球本果游理马员天体称道没机由西场"
    "主受手旅式性目入德相罗达日月着内海类我第事示长外起岛说还非位布应水电全赛此活队尼高明英运原"
    "许情教期次只建往格点空那需保兰议量关基样司接正选合变看科管联至代工统制去约组及向持民金两供"
    "实心系群件任已战每界立节北城山洲程等认南回处始巴影纪几据政卡航阿三少路产军十市报流计交好结"
    "包无让风带奥质做周客气解身指直知况取型州形造问尽星二务己病获项业品安必括雪举传像印参普查设"
    "太标证飞住存平确维网近且别各今伊感站观何光击响塔言么图士总米题万东信古放规口导座服线萨门元"
    "决字速先头想极河离致论随共局支未林研视院习助医土把显根求究纳足远义份例即历告容府收见食季易"
    "术热独警话越预园才欧治酒野争单台希打片票级织船较严乐圣条波滑火神续记转适难冰准博号声强律曾"
    "演状班细伤史商境完察居展引消王音领什具创反围推步洛给费边首龙乎仅价命团故色写失威孩官态早签"
    "象似候划则四复女她思某老识请众列堡帮广望染案模环装须验便切华投牙绝营调超际陆险卫埃备夫富庭"
    "技控改权核爱社落镜除互仍千属快景暴构死测源照瓦石素虽试诺资乘低办域塞够宣息户播施晚洋甚白走"
    "轻初器姆底店房护断段留移连钟闻"
)
_TRADITIONAL = (
    "的在是一有人為和國會地以大這他不中了時上可能多到們個年於成行要其來動或物生方家也用斯與發法"
    "而過之些出學都公常並所因最後對部分但自現此種前名就特子比加得同使將間開作及下亞文被定該式爾"
    "表理西數利拉當經美里主世然球重體通克說車非度許區由受者馬位進事如你更海達電著力化新它已外小"
    "入員德提場性日月本相我內第稱旅機長類從水面示果運天語隊意手民很造英蘭賽點島教期洲道路且基巴"
    "活全羅至無原應程量接格空影沒起正關合科那兩明目立較高代等選北讓任建界南持尼布統遊金需型樣約"
    "認議變組軍三城實政十心只必處觀風供別次確結保太帶往始少您解奧山幾戰網客工群身雪包市知近阿座"
    "每流產計件傳卡報則取氣管紀聯司回質印去史單導州查直各星二何品安平義光口情指據東業維舉好未言"
    "住病院像古向士字己速須交今仍形普獲看節題感航論證做存擊改河圖境打片視塔季某準熱邊醫顯伊問易"
    "歷神站系裡記資即標決滑給線習見規際飛務團放極歐況波話領參班總船雖頭先助強想服林根求票落設離"
    "響例便希府環致調警費份信冰制才狀續萬薩超足還預元園案演獨研越週門食商四威括消究請遠協居支王"
    "社納號試龍告土失容展態收早治爭野項首低反察洛織聖花裝適傷共具千堡擁眾米細術訊轉透難音驗含命"
    "完律控曾構女害屬整景樂火牙留移華連乎五修價創哥域她專局推核止牠瑞養再夫宣愛找望白百聲腦蘇險"
    "似列另官底快權死源登紐級老般輕隨備庭技排斷暴洋甚畫石色輪雷麼佳器嚴坦夏師廣條步段毒率瓦置衛"
    "象遺酒鏡降儘圍寫引待恐攝料晚植"
)
_KANJI = (
    "人的国地大年物者行生場中間発最学日動合要一上性時手分多通理語部出入化定見後用自世方会子法能"
    "事体前所現月常本代力数高可立水特目関以必文気旅言同戦在成主外度意他報家全彼当開教界長氏観機"
    "空車名島明海使向約受有内光対経連金市選作原重下始州形書面予呼組道業点利実集何初域公北持新期"
    "確保知軍来設示近先取問状員表解位変安認調小種米続話質付供南族食加告民活異過類制料社議際電考"
    "都不回航非住別影心政流結院今基決神紀運広正題交味番速式得査王素害果球記野存客少建思感置警験"
    "放星画病科万判女移共応態統習進離響乗品察終術路件死直船計例強義落起述送違元提東研般西限隊領"
    "伝務境挙究規資込陸史官引染止第訪論争信囲士帯支相険音両価係単局恐指撃産私個写団川府張念断権"
    "由真着税識転低区周型夜山平情想極求無独育試適配量録備収古植検楽歩準火良視身危参反和因技曜構"
    "歴比然細任催優半台園戻故標証負追遺首再切号様環管線象足陽風口命太洋熱被賞降与傷勝接施次残治"
    "症登突英側効医十千攻石群覚防飛馬二亡割含失店急抗望渡港葉造去器増従映暴朝模波済爆衛製難雨雪"
    "頃各容宿屋属岸待悪演系継織親諸頭侵候働協土天季宇宙工帰徒復投拠氷注温男破竜簡職便像字宗巻庭"
    "役欧深測潜率疑称艦街訴説銀除飲商墓導幅息慣携格沿洞満申羽裁輸週達鳥傾博及声射微木歳段泊減滑"
    "療端絶芸複費距跡遠障値児処刑午営図夏委律撮材条案河況消源滞競級美聞革仕具功印厳唯差底捕授探"
    "推敵早橋毛泳激為留砂積紙色衆許"
)
_HANGUL = (
    "다이는에의을니하은지가로고한기서사있를리수들습인스도어해대아시으자나라그적일과전부것했보만"
    "주정상게위장여되제국동구성었비공와트경문소할마유입우화세면미요원드거오물르중합며러관발행용"
    "치년명모야생분방간진조계신통식안된람선때역프개않작운려바더른무학터당연교차포반종내영체두양"
    "크후많단카히타데회없파음록불질또법함재키결말산건레실호특각남항속루표약력현피달따받든알예직"
    "점태매월최필같노처형강독래까능금번류변심였향및언디코았저티군버쪽추험던올출토린새곳난족초격"
    "열집근등란져배브본존급투몇설업확립준감네페민날너품북외증광임환름늘될랜베접돌목절활랑론복온"
    "견병움즈찰편폭졌객메승판테권길순왕충침케평망살울천련석술큰겨료별탄럽럼박손워됩림쓰섬좋착텔"
    "극잘탈긴높쟁허갈량령백쉽째취플런머볼책청막응철축떤떨션악염채팀뉴패애웨택누못참커눈밝십클퍼"
    "풍협걸넘떠블왔츠친규께끝골암창황릴쇼슬캐픽혹송슈완잡줄첫측념느뒤득례맞먼센엔혼갖굴녀락륙밤"
    "얼육잠폴핑효글먹빠숙엘찾쿠혀검났렌범웹총캠킹획흐널넷담벨슷팔깨뜻색슨즉찬칠희귀낮농닌둘략렸"
    "밀얻율쳐핵헤흔곡므싱씬앞쳤킬혔훨곤끌링씨즐턴템괴냈뿐싸앙죽징컴털퓨휴힘겠답봉억층탐폐풀핀홍"
    "깃끄끼냥램롯빛셀왜잔척푸휘꼭닙닝덮돈됐뜨렇렴릅맥몰쇄쉬칸켓콩탕틴낼덤덴롭룡률맹빙빨삼숨엄익"
    "줍컨펜혁힌겁넓둔랍렵롤벗벽붙옮톱틀홀흥냐놓뇌닥덜땅떻멀몸밖벌벤빌써압죄죠즌촉칙칼큼혐겪곱궁"
    "균깥녁딩릭멘몬샤셔옷욕짧찍텍텐"
)
# Japanese syllables, marks of repetition and of long vowels; Korean letters that stand alone in
# laughter and tears.
_KANA = "".join(map(chr, (*range(0x3041, 0x3094), *range(0x30A1, 0x30F7)))) + "々ー"
_JAMO = "ㅋㅎㅠㅜㅇㄷㄱㅡ"

_CHINESE = (frozenset(_SIMPLIFIED), frozenset(_TRADITIONAL))
_JAPANESE, _KOREAN = frozenset(_KANJI + _KANA), frozenset(_HANGUL + _JAMO)
# What is written in an encoding.
_WRITTEN = {
    "GBK": (*_CHINESE, _JAPANESE),
    "gb18030": (*_CHINESE, _JAPANESE, _KOREAN),
    "Big5": (_CHINESE[1], _JAPANESE),
    "EUC-JP": (_JAPANESE,),
    "Shift_JIS": (_JAPANESE,),
    "EUC-KR": (_KOREAN,),
}
PAIRS = tuple(_WRITTEN)  # encodings of two bytes
# Ideographs, syllables and letters, half-width ones too, and characters of private use.
_NO_KANA = (
    "\u3105-\u318e\u3400-\u9fff\uac00-\ud7a3\ue000-\uf8ff\uf900-\ufaff\uff66-\uffdc"
    "\U00020000-\U0003ffff"
)
_LETTER_NO_KANA = re.compile(f"[{_NO_KANA}]")
_LETTER = re.compile(f"[\u3041-\u3096\u309d-\u30fa\u30fc-\u30fe\u3005{_NO_KANA}]")
_LOOKED_AT = 1 << 16  # characters of a text, of which the first letters are judged
_JUDGED = 1000
_ENOUGH = 6  # letters
_DOUBTED = 0.5  # a share of familiar letters below which a text is compared with another reading
_MIN_SHARE, _MIN_MORE = 0.5, 0.25


def is_unfamiliar(text: str, encoding: str) -> bool:
    """Whether a text in one of PAIRS has few of the characters that are usual in it.

    Names, poems and lists may have as few. So ask `reads_better` of another reading.
    """
    letters = _letters(text, _LETTER_NO_KANA)  # which several have at the same places
    return letters.total() >= _ENOUGH and _share(letters, encoding) < _DOUBTED


def reads_better(text: str, encoding: str, than: str, than_encoding: str) -> bool:
    """Whether a reading of some bytes has far more familiar characters than another.

    Characters that both have are left out: Japanese syllables are the same in EUC-JP and GBK.
    """
    found, other = _letters(text), _letters(than)
    found, other = found - other, other - found
    least = max(_MIN_SHARE, _share(other, than_encoding) + _MIN_MORE)
    return found.total() >= _ENOUGH and _share(found, encoding) >= least


def share(text: str, encoding: str) -> float:
    """The share of a text's letters that are usual in its encoding."""
    return _share(_letters(text), encoding)


def letters(text: str) -> int:
    """How many letters of East Asia a text has, of those that are judged."""
    return _letters(text).total()


def _letters(text: str, letter: re.Pattern[str] = _LETTER) -> Counter[str]:
    found = letter.finditer(text, 0, _LOOKED_AT)
    return Counter(match[0] for match in itertools.islice(found, _JUDGED))


def _share(letters: Counter[str], encoding: str) -> float:
    """The share of letters that are usual in the language of an encoding that has most of them."""
    known = _WRITTEN.get(encoding, ())
    usual = max((sum(letters[c] for c in letters if c in kept) for kept in known), default=0)
    return usual / max(1, letters.total())
