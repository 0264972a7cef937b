"""Units of measurement: what they are called, and what they are worth.

Source: the definitions of the international yard and pound (1959), of the SI, and the codes and
names of en.wikipedia's Module:Convert/documentation/conversion data.
"""

import re
from typing import NamedTuple


class Unit(NamedTuple):
    """A unit. `factor` makes the unit of its kind that has the factor 1 of it."""

    kind: str
    factor: float
    symbol: str
    singular: str
    plural: str
    default: str  # codes, with a blank between, of what it is converted to where nothing is said


_FOOT, _MILE, _POUND = 0.3048, 1609.344, 0.45359237
# code: kind, factor, symbol, singular, plural ("" for + s), default
_ROWS = f"""
km|length|1000|km|kilometre||mi
m|length|1|m|metre||ft
cm|length|.01|cm|centimetre||in
mm|length|.001|mm|millimetre||in
um μm µm|length|1e-6|μm|micrometre||in
nm|length|1e-9|nm|nanometre||in
dm|length|.1|dm|decimetre||in
mi mile miles|length|{_MILE}|mi|mile||km
yd|length|.9144|yd|yard||m
ft foot feet|length|{_FOOT}|ft|foot|feet|m
in inch|length|.0254|in|inch|inches|mm
nmi|length|1852|nmi|nautical mile||km mi
fathom|length|1.8288|fathom|fathom||ft m
furlong|length|201.168|furlong|furlong||m
chain|length|20.1168|chain|chain||m
hand|length|.1016|h|hand||cm
ly|length|9.4607304725808e15|ly|light-year||pc
pc|length|3.0856775814913673e16|pc|parsec||ly
AU au|length|149597870700|AU|astronomical unit||km
km2 sqkm|area|1e6|km<sup>2</sup>|square kilometre||sqmi
m2 sqm|area|1|m<sup>2</sup>|square metre||sqft
cm2|area|1e-4|cm<sup>2</sup>|square centimetre||sqin
mm2|area|1e-6|mm<sup>2</sup>|square millimetre||sqin
ha hectare|area|1e4|ha|hectare||acre
acre acres|area|4046.8564224|acres|acre||ha
sqmi mi2|area|{_MILE**2}|sq mi|square mile||km2
sqft ft2|area|{_FOOT**2}|sq ft|square foot|square feet|m2
sqyd yd2|area|.83612736|sq yd|square yard||m2
sqin in2|area|6.4516e-4|sq in|square inch|square inches|cm2
kg|mass|1|kg|kilogram||lb
g|mass|.001|g|gram||oz
mg|mass|1e-6|mg|milligram||gr
t tonne MT|mass|1000|t|tonne||LT ST
lb lbs|mass|{_POUND}|lb|pound||kg
oz|mass|{_POUND / 16}|oz|ounce||g
st|mass|{_POUND * 14}|st|stone|stone|lb kg
gr|mass|6.479891e-5|gr|grain||mg
ST|mass|{_POUND * 2000}|short tons|short ton||t
LT|mass|{_POUND * 2240}|long tons|long ton||t
ozt|mass|.0311034768|ozt|troy ounce||g
carat|mass|2e-4|carat|carat||g
km/h kph|speed|{1 / 3.6}|km/h|kilometre per hour|kilometres per hour|mph
m/s|speed|1|m/s|metre per second|metres per second|ft/s
mph mi/h|speed|{_MILE / 3600}|mph|mile per hour|miles per hour|km/h
kn knot knots|speed|{1852 / 3600}|kn|knot||km/h mph
ft/s|speed|{_FOOT}|ft/s|foot per second|feet per second|m/s
ft/min|speed|{_FOOT / 60}|ft/min|foot per minute|feet per minute|m/s
km/s|speed|1000|km/s|kilometre per second|kilometres per second|mi/s
mi/s|speed|{_MILE}|mi/s|mile per second|miles per second|km/s
L l litre liter|volume|.001|L|litre||impgal USgal
mL ml|volume|1e-6|mL|millilitre||impoz USoz
cl cL|volume|1e-5|cL|centilitre||USoz
m3|volume|1|m<sup>3</sup>|cubic metre||cuft
km3|volume|1e9|km<sup>3</sup>|cubic kilometre||cumi
cm3|volume|1e-6|cm<sup>3</sup>|cubic centimetre||cuin
cc|volume|1e-6|cc|cubic centimetre||cuin
cuft ft3|volume|{_FOOT**3}|cu ft|cubic foot|cubic feet|m3
cuyd yd3|volume|.764554857984|cu yd|cubic yard||m3
cuin in3|volume|1.6387064e-5|cu in|cubic inch|cubic inches|cm3
cumi mi3|volume|4168181825.44058|cu mi|cubic mile||km3
USgal U.S.gal gal|volume|.003785411784|US gal|US gallon||L impgal
impgal|volume|.00454609|imp gal|imperial gallon||L USgal
USoz USfloz|volume|2.95735295625e-5|US fl oz|US fluid ounce||mL
impoz impfloz|volume|2.84130625e-5|imp fl oz|imperial fluid ounce||mL
USpt|volume|4.73176473e-4|US pt|US pint||L
imppt|volume|5.6826125e-4|imp pt|imperial pint||L
oilbbl bbl|volume|.158987294928|bbl|barrel||m3
koilbbl|volume|158.987294928|thousand bbl|thousand barrels|thousand barrels|m3
Moilbbl|volume|158987.294928|million bbl|million barrels|million barrels|m3
Goilbbl|volume|158987294.928|billion bbl|billion barrels|billion barrels|km3
oilbbl/d|flow|1.84013072e-6|bbl/d|barrel per day|barrels per day|m3/d
koilbbl/d|flow|1.84013072e-3|thousand bbl/d|thousand barrels per day|thousand barrels per day|m3/d
Moilbbl/d|flow|1.84013072|million bbl/d|million barrels per day|million barrels per day|m3/d
m3/d|flow|1.1574074074e-5|m<sup>3</sup>/d|cubic metre per day|cubic metres per day|oilbbl/d
GW|power|1e9|GW|gigawatt||hp
TW|power|1e12|TW|terawatt||hp
kW.h|energy|3.6e6|kWh|kilowatt-hour||MJ
GWh GW.h|energy|3.6e12|GWh|gigawatt-hour||TJ
TJ|energy|1e12|TJ|terajoule||GWh
acre.ft acre.foot acre·ft|volume|1233.48183754752|acre⋅ft|acre-foot|acre-feet|m3
bushel USbsh|volume|.03523907016688|bushel|bushel||L
W|power|1|W|watt||hp
kW|power|1000|kW|kilowatt||hp
MW|power|1e6|MW|megawatt||hp
hp|power|745.69987158227|hp|horsepower|horsepower|kW
bhp|power|745.69987158227|bhp|brake horsepower|brake horsepower|kW
shp|power|745.69987158227|shp|shaft horsepower|shaft horsepower|kW
ihp|power|745.69987158227|ihp|indicated horsepower|indicated horsepower|kW
PS|power|735.49875|PS|metric horsepower|metric horsepower|kW
Pa|pressure|1|Pa|pascal||psi
kPa|pressure|1000|kPa|kilopascal||psi
MPa|pressure|1e6|MPa|megapascal||ksi
hPa mbar|pressure|100|hPa|hectopascal||inHg
bar|pressure|1e5|bar|bar||kPa
atm|pressure|101325|atm|standard atmosphere||kPa
psi|pressure|6894.757293168|psi|pound per square inch|pounds per square inch|kPa
ksi|pressure|6894757.293168|ksi|kilopound per square inch|kilopounds per square inch|MPa
lb/sqft lb/ft2|area density|{_POUND / _FOOT**2}|lb/sq ft|pound per square foot|pounds per square foot|kg/m2
kg/m2|area density|1|kg/m<sup>2</sup>|kilogram per square metre|kilograms per square metre|lb/sqft
inHg|pressure|3386.388640341|inHg|inch of mercury|inches of mercury|kPa
mmHg|pressure|133.322387415|mmHg|millimetre of mercury|millimetres of mercury|kPa
J|energy|1|J|joule||cal
kJ|energy|1000|kJ|kilojoule||kcal
cal|energy|4.184|cal|calorie||J
kcal|energy|4184|kcal|kilocalorie||kJ
kWh|energy|3.6e6|kWh|kilowatt-hour||MJ
MJ|energy|1e6|MJ|megajoule||kWh
GJ|energy|1e9|GJ|gigajoule||MWh
MWh MW.h|energy|3.6e9|MWh|megawatt-hour||GJ
BTU Btu|energy|1055.05585262|BTU|British thermal unit||kJ
ftlbf ft.lbf|energy|1.3558179483314|ft⋅lbf|foot-pound force|foot-pounds force|J
N|force|1|N|newton||lbf
kN|force|1000|kN|kilonewton||lbf
lbf|force|4.4482216152605|lbf|pound-force|pounds-force|N
kgf|force|9.80665|kgf|kilogram-force|kilograms-force|lbf
Nm N.m N·m|torque|1|N⋅m|newton-metre||lbft
lbft lb.ft lbfft ft.lb ftlb|torque|1.3558179483314|lb⋅ft|pound-foot|pound-feet|Nm
m3/s|flow|1|m<sup>3</sup>/s|cubic metre per second|cubic metres per second|cuft/s
cuft/s cufts ft3/s cfs|flow|{_FOOT**3}|cu ft/s|cubic foot per second|cubic feet per second|m3/s
/km2 /sqkm PD/km2 pd/km2|density|1e-6|/km<sup>2</sup>|inhabitant per square kilometre|inhabitants per square kilometre|/sqmi
/sqmi PD/sqmi pd/sqmi|density|{1 / _MILE**2}|/sq mi|inhabitant per square mile|inhabitants per square mile|/km2
kg/m3|mass by volume|1|kg/m<sup>3</sup>|kilogram per cubic metre|kilograms per cubic metre|lb/cuft
g/cm3|mass by volume|1000|g/cm<sup>3</sup>|gram per cubic centimetre|grams per cubic centimetre|lb/cuin
lb/cuft|mass by volume|{_POUND / _FOOT**3}|lb/cu ft|pound per cubic foot|pounds per cubic foot|kg/m3
lb/cuin|mass by volume|27679.904710191|lb/cu in|pound per cubic inch|pounds per cubic inch|g/cm3
mpgus mpgUS mpg-US mpg-u.s.|fuel economy|{1.609344 / 3.785411784}|mpg‑US|mile per US gallon|miles per US gallon|L/100km mpgimp
mpgimp mpg-imp|fuel economy|{1.609344 / 4.54609}|mpg‑imp|mile per imperial gallon|miles per imperial gallon|L/100km mpgus
km/L km/l|fuel economy|1|km/L|kilometre per litre|kilometres per litre|mpgus
L/100km l/100km|fuel economy|100|L/100 km|litre per 100 kilometres|litres per 100 kilometres|mpgimp mpgus
C °C|temperature|1|°C|degree Celsius|degrees Celsius|F
F °F|temperature|{5 / 9}|°F|degree Fahrenheit|degrees Fahrenheit|C
K|temperature|1|K|kelvin||F
C-change|degree|1|°C|degree Celsius|degrees Celsius|F-change
F-change|degree|{5 / 9}|°F|degree Fahrenheit|degrees Fahrenheit|C-change
"""  # noqa: E501 (a row a unit)
ZERO = {"C": 273.15, "°C": 273.15, "F": 273.15 - 32 * 5 / 9, "°F": 273.15 - 32 * 5 / 9}
UNITS: dict[str, Unit] = {}
for _row in _ROWS.strip().split("\n"):
    _codes, _kind, _factor, _symbol, _singular, _plural, _default = _row.split("|")
    _unit = Unit(_kind, float(_factor), _symbol, _singular, _plural or f"{_singular}s", _default)
    UNITS |= dict.fromkeys(_codes.split(" "), _unit)


def _signs(text: str) -> dict[str, str]:
    return dict(pair.split("=") for pair in text.split(","))


# What other wikis write for the sign of a unit, by the sign in English. Source: CLDR's short units.
SIGNS = {
    "zh": _signs(
        "km=公里,m=米,cm=厘米,mm=毫米,mi=英里,yd=码,ft=英尺,in=英寸,nmi=海里,ly=光年,"
        "km<sup>2</sup>=平方公里,m<sup>2</sup>=平方米,ha=公顷,acres=英亩,sq mi=平方英里,"
        "sq ft=平方英尺,kg=公斤,g=克,mg=毫克,t=公吨,lb=磅,oz=盎司,st=英石,"
        "long tons=长吨,short tons=短吨,km/h=公里/小时,m/s=米/秒,mph=英里/小时,kn=节,L=升,"
        "mL=毫升,m<sup>3</sup>=立方米,cu ft=立方英尺,US gal=美制加仑,imp gal=英制加仑,hp=马力,"
        "kW=千瓦,MW=兆瓦,W=瓦特"
    ),
    "ru": _signs(
        "km=км,m=м,cm=см,mm=мм,mi=миль,yd=ярдов,ft=футов,in=дюймов,nmi=морских миль,"
        "km<sup>2</sup>=км<sup>2</sup>,m<sup>2</sup>=м<sup>2</sup>,ha=га,acres=акров,"
        "sq mi=кв. миль,sq ft=кв. футов,kg=кг,g=г,mg=мг,t=т,lb=фунтов,oz=унций,km/h=км/ч,"
        "m/s=м/с,mph=миль/ч,kn=узлов,L=л,mL=мл,m<sup>3</sup>=м<sup>3</sup>,hp=л. с.,kW=кВт,"
        "MW=МВт,W=Вт"
    ),
    "uk": _signs(
        "km=км,m=м,cm=см,mm=мм,mi=миль,yd=ярдів,ft=футів,in=дюймів,"
        "km<sup>2</sup>=км<sup>2</sup>,m<sup>2</sup>=м<sup>2</sup>,ha=га,acres=акрів,"
        "sq mi=кв. миль,kg=кг,g=г,mg=мг,t=т,lb=фунтів,oz=унцій,km/h=км/год,m/s=м/с,"
        "mph=миль/год,kn=вузлів,L=л,mL=мл,m<sup>3</sup>=м<sup>3</sup>,hp=к. с.,kW=кВт,MW=МВт,W=Вт"
    ),
    "ar": _signs(
        "km=كم,m=م,cm=سم,mm=مم,mi=ميل,yd=ياردة,ft=قدم,in=بوصة,nmi=ميل بحري,"
        "km<sup>2</sup>=كم<sup>2</sup>,m<sup>2</sup>=م<sup>2</sup>,ha=هكتار,acres=فدان,"
        "sq mi=ميل مربع,sq ft=قدم مربع,kg=كغم,g=غم,t=طن,lb=رطل,oz=أونصة,km/h=كم/س,m/s=م/ث,"
        "mph=ميل/س,kn=عقدة,L=لتر,mL=مل,hp=حصان,kW=كيلوواط,MW=ميغاواط"
    ),
}

# Codes with a space in them, which the rows cannot have.
UNITS |= {"short ton": UNITS["ST"], "long ton": UNITS["LT"]}
_INVERSE = frozenset(("L/100km", "l/100km"))  # the less, the farther

_POWER = re.compile(r"(?<=[^\W\d_])([-−]?\d+)\b")


def converted(value: float, unit: str, to: str) -> float | None:
    """A value of a unit in another one of its kind; None where that makes no sense."""
    a, b = UNITS.get(unit), UNITS.get(to)
    if a is None or b is None or a.kind != b.kind:
        return None
    if a.kind == "fuel economy":
        if not value:
            return None
        base = a.factor / value if unit in _INVERSE else value * a.factor
        return b.factor / base if to in _INVERSE else base / b.factor
    return (value * a.factor + ZERO.get(unit, 0) - ZERO.get(to, 0)) / b.factor


def sign_of_unit(text: str) -> str:
    """A unit as it is written: `m/s2` -> m/s², the power raised."""
    if "<" in text or "[" in text:
        return text
    unit = UNITS.get(text)
    return unit.symbol if unit else _POWER.sub(r"<sup>\1</sup>", text)
