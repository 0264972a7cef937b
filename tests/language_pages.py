"""A paragraph in each of many languages, and the encodings in which pages of it were written."""

# By language: the country of its pages, the codecs of Python and the encodings of the standard,
# and a text that all of these codecs have.
LANGUAGES: dict[str, tuple[str, list[tuple[str, str]], str]] = {
    "ar": (
        "sa", [("cp1256", "windows-1256"), ("iso8859_6", "ISO-8859-6")],
        "افتتحت المدينة صباح اليوم مكتبة عامة جديدة في الحي القديم. تضم المكتبة أكثر من عشرين ألف كتاب "
        "في الأدب والتاريخ والعلوم، وفيها قاعة واسعة للأطفال يقرأون فيها القصص كل يوم سبت. قال مدير "
        "المكتبة إن الأبواب مفتوحة للجميع من الصباح حتى المساء، وإن الخدمة مجانية لسكان المدينة وزوارها. "
        "وسوف تنظم المكتبة في الشهر القادم دورة لتعليم الخط العربي.",
    ),
    "be": (
        "by", [("cp1251", "windows-1251"), ("iso8859_5", "ISO-8859-5")],
        "Учора ў нашым горадзе адчынілася новая бібліятэка. Яна стаіць каля старога парку, і з яе вокнаў "
        "відаць рака. У бібліятэцы больш за дзесяць тысяч кніг, ёсць асобная зала для дзяцей і ціхі "
        "пакой для студэнтаў. Дырэктарка сказала, што дзверы адчыненыя для ўсіх штодня, акрамя нядзелі. "
        "Увечары тут будуць чытаць вершы і спяваць народныя песні.",
    ),
    "bg": (
        "bg", [("cp1251", "windows-1251"), ("iso8859_5", "ISO-8859-5")],
        "Вчера в нашия град отвори врати новата библиотека. Тя се намира до стария парк и от прозорците "
        "ѝ се вижда реката. В библиотеката има повече от десет хиляди книги, отделна зала за деца и "
        "тиха стая за студенти. Директорката каза, че вратите са отворени за всички всеки ден без "
        "неделя. Вечер тук ще се четат стихове и ще се пеят народни песни.".replace("ѝ", "й"),
    ),
    "cs": (
        "cz", [("cp1250", "windows-1250"), ("iso8859_2", "ISO-8859-2")],
        "Včera se v našem městě otevřela nová knihovna. Stojí vedle starého parku a z jejích oken je "
        "vidět řeka. Najdete v ní přes deset tisíc knih, zvláštní sál pro děti a tichou místnost pro "
        "studenty. Ředitelka řekla, že dveře jsou otevřené všem kromě neděle. Večer se tu budou číst "
        "básně a zpívat lidové písně. Příští měsíc začne kurz češtiny pro cizince, kteří žijí v okolí.",
    ),
    "da": (
        "dk", [("latin_1", "windows-1252")],
        "I går åbnede det nye bibliotek i vores by. Det ligger ved siden af den gamle park, og fra "
        "vinduerne kan man se åen. Her er mere end ti tusind bøger, en særlig sal for børn og et stille "
        "rum til dem, der læser. Lederen sagde, at døren står åben for alle hver dag undtagen søndag. Om "
        "aftenen vil der blive læst digte højt og sunget gamle sange. Næste måned begynder et kursus.",
    ),
    "de": (
        "de", [("latin_1", "windows-1252"), ("cp1252", "windows-1252")],
        "Gestern wurde in unserer Stadt die neue Bücherei eröffnet. Sie steht neben dem alten Park, und "
        "aus den Fenstern sieht man den Fluss. Es gibt über zehntausend Bücher, einen großen Saal für "
        "Kinder und ein ruhiges Zimmer für Schüler. Die Leiterin erklärte, die Türen stünden außer "
        "sonntags für alle offen. Abends sollen Gedichte gelesen und schöne alte Lieder gesungen werden.",
    ),
    "el": (
        "gr", [("cp1253", "windows-1253"), ("iso8859_7", "ISO-8859-7")],
        "Χθες άνοιξε στην πόλη μας η νέα βιβλιοθήκη. Βρίσκεται δίπλα στο παλιό πάρκο και από τα "
        "παράθυρά της φαίνεται το ποτάμι. Έχει πάνω από δέκα χιλιάδες βιβλία, μια ξεχωριστή αίθουσα για "
        "τα παιδιά και ένα ήσυχο δωμάτιο για τους φοιτητές. Η διευθύντρια είπε ότι οι πόρτες είναι "
        "ανοιχτές για όλους κάθε μέρα εκτός από την Κυριακή. Το βράδυ θα διαβάζονται ποιήματα.",
    ),
    "es": (
        "es", [("latin_1", "windows-1252")],
        "Ayer se inauguró en nuestra ciudad la nueva biblioteca. Está al lado del parque antiguo y desde "
        "sus ventanas se ve el río. Tiene más de diez mil libros, una sala especial para los niños y una "
        "habitación tranquila para los estudiantes. La directora explicó que las puertas están abiertas "
        "para todos, excepto los domingos. ¿Qué más habrá? Por la tarde se leerá poesía española.",
    ),
    "et": (
        "ee", [("cp1257", "windows-1257"), ("iso8859_15", "ISO-8859-15")],
        "Eile avati meie linnas uus raamatukogu. See asub vana pargi kõrval ja akendest on näha jõgi. "
        "Seal on üle kümne tuhande raamatu, eraldi saal lastele ja vaikne tuba üliõpilastele. Juhataja "
        "ütles, et uksed on kõigile lahti iga päev peale pühapäeva. Õhtuti loetakse luulet ja lauldakse "
        "vanu laule. Järgmisel kuul algab žürii valitud fotode ja šokolaadi ajaloo näitus.",
    ),
    "fa": (
        "ir", [("cp1256", "windows-1256")],
        "ديروز در شهر ما كتابخانه تازه‌اي باز شد. اين كتابخانه كنار پارك قديمي است و از پنجره‌هاي آن "
        "رودخانه پيداست. بيش از ده هزار كتاب دارد و يك سالن بزرگ براي كودكان و اتاقي آرام براي "
        "دانشجويان. مدير كتابخانه گفت كه درها هر روز به جز جمعه براي همه باز است و كسي نبايد پول "
        "بدهد. شب‌ها در اينجا شعر خوانده مي‌شود و چاي گرم هم هست.",
    ),
    "fi": (
        "fi", [("latin_1", "windows-1252"), ("iso8859_15", "ISO-8859-15")],
        "Eilen kaupungissamme avattiin uusi kirjasto. Se sijaitsee vanhan puiston vieressä, ja sen "
        "ikkunoista näkyy joki. Kirjastossa on yli kymmenen tuhatta kirjaa, oma sali lapsille ja "
        "hiljainen huone opiskelijoille. Johtaja sanoi, että ovet ovat auki kaikille joka päivä paitsi "
        "sunnuntaisin. Iltaisin täällä luetaan runoja ääneen ja lauletaan vanhoja lauluja yhdessä.",
    ),
    "fr": (
        "fr", [("latin_1", "windows-1252"), ("cp1252", "windows-1252")],
        "Hier, la nouvelle bibliothèque de notre ville a été inaugurée. Elle se trouve à côté du vieux "
        "parc, et de ses fenêtres on aperçoit la rivière. On y trouve plus de dix mille livres, une salle "
        "réservée aux enfants et une pièce calme pour les étudiants. La directrice a déclaré que les "
        "portes seraient ouvertes à tous, sauf le dimanche. Le soir, on lira des poèmes très anciens.",
    ),
    "ga": (
        "ie", [("latin_1", "windows-1252")],
        "Osclaíodh leabharlann nua inár mbaile inné. Tá sí suite in aice leis an tseanpháirc agus tá "
        "radharc ar an abhainn ó na fuinneoga. Tá breis agus deich míle leabhar ann, seomra ar leith do "
        "pháistí agus áit chiúin do mhic léinn. Dúirt an stiúrthóir go bhfuil fáilte roimh chách gach lá "
        "ach amháin an Domhnach. Beidh filíocht á léamh agus amhráin á gcanadh ann um thráthnóna.",
    ),
    "he": (
        "il", [("cp1255", "windows-1255"), ("iso8859_8", "ISO-8859-8")],
        "אתמול נפתחה בעיר שלנו ספרייה חדשה. היא נמצאת ליד הפארק הישן, ומחלונותיה רואים את הנהר. בספרייה "
        "יותר מעשרת אלפים ספרים, אולם מיוחד לילדים וחדר שקט לסטודנטים. המנהלת אמרה שהדלתות פתוחות לכולם "
        "בכל יום חוץ משבת. בערב יקראו כאן שירים וישירו שירי עם ישנים. בחודש הבא יתחיל קורס חדש לכתיבה, "
        "וכל תושבי השכונה מוזמנים לבוא.",
    ),
    "hr": (
        "hr", [("cp1250", "windows-1250"), ("iso8859_2", "ISO-8859-2")],
        "Jučer je u našem gradu otvorena nova knjižnica. Nalazi se pokraj staroga parka, a s njezinih se "
        "prozora vidi rijeka. U njoj je više od deset tisuća knjiga, posebna dvorana za djecu i tiha soba "
        "za đake. Ravnateljica je rekla da su vrata svima otvorena svaki dan osim nedjelje. Navečer će se "
        "ovdje čitati pjesme i pjevati stare narodne melodije. Sljedeći mjesec počinje tečaj pisanja.",
    ),
    "hu": (
        "hu", [("cp1250", "windows-1250"), ("iso8859_2", "ISO-8859-2")],
        "Tegnap új könyvtár nyílt a városunkban. A régi park mellett áll, és az ablakaiból látni lehet a "
        "folyót. Több mint tízezer könyv, külön gyermekterem és egy csendes szoba várja a diákokat. Az "
        "igazgatónő elmondta, hogy az ajtó vasárnap kivételével mindenki előtt nyitva áll. Esténként "
        "verseket olvasnak fel, és régi népdalokat énekelnek. Jövő hónapban egy írótanfolyam is indul.",
    ),
    "is": (
        "is", [("latin_1", "windows-1252")],
        "Í gær var nýtt bókasafn opnað í bænum okkar. Það stendur við gamla garðinn og úr gluggunum sést "
        "áin. Þar eru meira en tíu þúsund bækur, sérstakur salur fyrir börn og rólegt herbergi fyrir þá "
        "sem læra. Forstöðukonan sagði að dyrnar stæðu öllum opnar alla daga nema sunnudaga. Á kvöldin "
        "verða lesin ljóð og sungin þjóðlög. Í næsta mánuði hefst námskeið í íslensku fyrir útlendinga.",
    ),
    "it": (
        "it", [("latin_1", "windows-1252")],
        "Ieri nella nostra città è stata inaugurata la nuova biblioteca. Si trova accanto al vecchio parco "
        "e dalle finestre si vede il fiume. Ci sono più di diecimila libri, una sala per i bambini e una "
        "stanza tranquilla per chi studia. La direttrice ha detto che la porta sarà aperta a tutti, "
        "perché la lettura è libertà. La domenica però è chiusa. Di sera si leggerà e si canterà così.",
    ),
    "ja": (
        "jp",
        [("cp932", "Shift_JIS"), ("euc_jp", "EUC-JP"), ("iso2022_jp", "ISO-2022-JP")],
        "昨日、私たちの町に新しい図書館が開館しました。古い公園の隣にあり、窓からは川が見えます。一万冊を"
        "超える本のほか、子供のための部屋や、学生が静かに勉強できる部屋もあります。館長によると、日曜日を"
        "除いて毎日、誰でも無料で利用できるそうです。夕方には詩の朗読会が開かれ、昔の歌もみんなで歌います。"
        "来月からは、外国人のための日本語教室が始まる予定です。",
    ),
    "ko": (
        "kr", [("euc_kr", "EUC-KR"), ("cp949", "EUC-KR")],
        "어제 우리 도시에 새로운 도서관이 문을 열었습니다. 도서관은 오래된 공원 옆에 있으며 창문에서는 강이 "
        "보입니다. 만 권이 넘는 책과 어린이를 위한 방, 그리고 학생들이 조용히 공부할 수 있는 방이 있습니다. "
        "관장은 일요일을 제외하고 매일 누구나 무료로 이용할 수 있다고 말했습니다. 저녁에는 시를 낭독하고 옛 "
        "노래를 함께 부릅니다. 다음 달에는 외국인을 위한 한국어 수업이 시작됩니다.",
    ),
    "lt": (
        "lt", [("cp1257", "windows-1257"), ("iso8859_13", "ISO-8859-13")],
        "Vakar mūsų mieste atidaryta nauja biblioteka. Ji stovi šalia senojo parko, o pro langus matyti "
        "upė. Joje yra daugiau kaip dešimt tūkstančių knygų, atskira salė vaikams ir tylus kambarys "
        "studentams. Direktorė sakė, kad durys atvertos visiems kasdien, išskyrus sekmadienį. Vakarais "
        "čia bus skaitomi eilėraščiai ir dainuojamos liaudies dainos. Kitą mėnesį prasidės rašymo kursai.",
    ),
    "lv": (
        "lv", [("cp1257", "windows-1257"), ("iso8859_13", "ISO-8859-13")],
        "Vakar mūsu pilsētā atvēra jaunu bibliotēku. Tā atrodas blakus vecajam parkam, un pa logiem var "
        "redzēt upi. Bibliotēkā ir vairāk nekā desmit tūkstoši grāmatu, atsevišķa zāle bērniem un klusa "
        "istaba studentiem. Direktore teica, ka durvis ir atvērtas visiem katru dienu, izņemot svētdienu. "
        "Vakaros šeit lasīs dzeju un dziedās tautasdziesmas. Nākamajā mēnesī sāksies latviešu kursi.",
    ),
    "mk": (
        "mk", [("cp1251", "windows-1251")],
        "Вчера во нашиот град беше отворена новата библиотека. Таа се наоѓа до стариот парк и од нејзините "
        "прозорци се гледа реката. Во неа има повеќе од десет илјади книги, посебна сала за деца и тивка "
        "соба за студентите. Директорката рече дека вратите се отворени за сите секој ден освен во недела. "
        "Навечер тука ќе се читаат песни и ќе се пеат стари народни мелодии. Сѐ е бесплатно.".replace(
            "ѐ", "е"
        ),
    ),
    "nl": (
        "nl", [("latin_1", "windows-1252")],
        "Gisteren is in onze stad de nieuwe bibliotheek geopend. Ze staat naast het oude park en vanuit de "
        "ramen ziet men de rivier. Er zijn meer dan tienduizend boeken, een eigen zaal voor kinderen en "
        "een stille kamer voor studenten. De directrice zei dat één ding zeker is: iedereen, ook uit België "
        "en Zeeuws-Vlaanderen, is welkom. Alleen de coördinatie op zondag is nog een probleem, zei ze.",
    ),
    "no": (
        "no", [("latin_1", "windows-1252")],
        "I går åpnet det nye biblioteket i byen vår. Det ligger ved siden av den gamle parken, og fra "
        "vinduene kan man se elva. Her er det mer enn ti tusen bøker, en egen sal for barn og et stille "
        "rom for dem som vil lese. Lederen sa at døra står åpen for alle hver dag unntatt søndag. Om "
        "kvelden skal det leses dikt høyt og synges gamle viser. Neste måned begynner et nytt kurs.",
    ),
    "pl": (
        "pl", [("cp1250", "windows-1250"), ("iso8859_2", "ISO-8859-2")],
        "Wczoraj w naszym mieście otwarto nową bibliotekę. Stoi ona obok starego parku, a z jej okien widać "
        "rzekę. Jest w niej ponad dziesięć tysięcy książek, osobna sala dla dzieci i cichy pokój dla "
        "studentów. Dyrektorka powiedziała, że drzwi są otwarte dla wszystkich codziennie oprócz niedzieli. "
        "Wieczorem będzie się tu czytać wiersze i śpiewać pieśni ludowe. Za miesiąc ruszy źródłowy kurs.",
    ),
    "pt": (
        "pt", [("latin_1", "windows-1252")],
        "Ontem foi inaugurada na nossa cidade a nova biblioteca. Fica ao lado do parque antigo e das suas "
        "janelas vê-se o rio. Tem mais de dez mil livros, uma sala própria para as crianças e um quarto "
        "tranquilo para os estudantes. A diretora explicou que as portas estão abertas a todos, exceto aos "
        "domingos. À noite haverá leituras de poesia e canções populares. A inscrição não é necessária.",
    ),
    "ro": (
        "ro", [("cp1250", "windows-1250"), ("iso8859_2", "ISO-8859-2")],
        "Ieri s-a deschis în oraşul nostru o bibliotecă nouă. Ea se află lângă parcul vechi, iar de la "
        "ferestre se vede râul. Are peste zece mii de cărţi, o sală pentru copii şi o încăpere liniştită "
        "pentru studenţi. Directoarea a spus că uşile sunt deschise tuturor în fiecare zi, în afară de "
        "duminică. Seara se vor citi poezii şi se vor cânta cântece vechi. Intrarea este gratuită.",
    ),
    "ru": (
        "ru",
        [
            ("cp1251", "windows-1251"), ("koi8_r", "KOI8-R"), ("iso8859_5", "ISO-8859-5"),
            ("cp866", "IBM866"), ("mac_cyrillic", "x-mac-cyrillic"),
        ],
        "Вчера в нашем городе открылась новая библиотека. Она стоит рядом со старым парком, и из её окон "
        "видна река. В библиотеке больше десяти тысяч книг, отдельный зал для детей и тихая комната для "
        "студентов. Директор сказала, что двери открыты для всех каждый день, кроме воскресенья. По "
        "вечерам здесь будут читать стихи и петь народные песни. Через месяц начнутся курсы письма.",
    ),
    "sk": (
        "sk", [("cp1250", "windows-1250"), ("iso8859_2", "ISO-8859-2")],
        "Včera sa v našom meste otvorila nová knižnica. Stojí vedľa starého parku a z jej okien vidno "
        "rieku. Nájdete v nej vyše desaťtisíc kníh, osobitnú sálu pre deti a tichú miestnosť pre študentov. "
        "Riaditeľka povedala, že dvere sú otvorené pre všetkých okrem nedele. Večer sa tu budú čítať básne "
        "a spievať ľudové piesne. Budúci mesiac sa začne kurz slovenčiny pre cudzincov, ktorí tu žijú.",
    ),
    "sl": (
        "si", [("cp1250", "windows-1250"), ("iso8859_2", "ISO-8859-2")],
        "Včeraj so v našem mestu odprli novo knjižnico. Stoji ob starem parku, skozi njena okna pa se vidi "
        "reka. V njej je več kot deset tisoč knjig, posebna dvorana za otroke in tiha soba za študente. "
        "Ravnateljica je povedala, da so vrata odprta za vse vsak dan razen ob nedeljah. Zvečer bodo tukaj "
        "brali pesmi in peli stare ljudske napeve. Prihodnji mesec se začne tečaj slovenščine za tujce.",
    ),
    "sq": (
        "al", [("latin_1", "windows-1252")],
        "Dje në qytetin tonë u hap biblioteka e re. Ajo ndodhet pranë parkut të vjetër dhe nga dritaret e "
        "saj shihet lumi. Ka më shumë se dhjetë mijë libra, një sallë të veçantë për fëmijët dhe një dhomë "
        "të qetë për studentët. Drejtoresha tha se dyert janë të hapura për të gjithë çdo ditë, përveç së "
        "dielës. Në mbrëmje do të lexohen poezi dhe do të këndohen këngë të vjetra popullore.",
    ),
    "sr": (
        "rs", [("cp1251", "windows-1251"), ("iso8859_5", "ISO-8859-5")],
        "Јуче је у нашем граду отворена нова библиотека. Налази се поред старог парка, а са њених прозора "
        "види се река. У њој је више од десет хиљада књига, посебна сала за децу и тиха соба за ђаке. "
        "Директорка је рекла да су врата свима отворена сваког дана осим недеље. Увече ће се овде читати "
        "песме и певати старе народне мелодије. Следећег месеца почиње течај писања за одрасле.",
    ),
    "sv": (
        "se", [("latin_1", "windows-1252")],
        "I går öppnades det nya biblioteket i vår stad. Det ligger bredvid den gamla parken och från "
        "fönstren ser man ån. Här finns mer än tiotusen böcker, en egen sal för barn och ett tyst rum för "
        "studenter. Föreståndaren sade att dörrarna står öppna för alla varje dag utom söndag. På kvällarna "
        "ska man läsa dikter och sjunga gamla visor. Nästa månad börjar en kurs i svenska för nyanlända.",
    ),
    "th": (
        "th", [("cp874", "windows-874"), ("tis_620", "windows-874")],
        "เมื่อวานนี้มีการเปิดห้องสมุดแห่งใหม่ในเมืองของเรา ห้องสมุดตั้งอยู่ข้างสวนสาธารณะเก่า และจากหน้าต่างสามารถมองเห็นแม่น้ำได้ "
        "มีหนังสือมากกว่าหนึ่งหมื่นเล่ม มีห้องสำหรับเด็กและห้องเงียบสำหรับนักเรียน ผู้อำนวยการกล่าวว่าทุกคนสามารถเข้ามาอ่านได้ทุกวันยกเว้นวันอาทิตย์ "
        "ในตอนเย็นจะมีการอ่านบทกวีและร้องเพลงพื้นบ้าน เดือนหน้าจะเริ่มสอนภาษาไทยให้ชาวต่างชาติ",
    ),
    "tr": (
        "tr", [("cp1254", "windows-1254"), ("iso8859_9", "windows-1254")],
        "Dün şehrimizde yeni bir kütüphane açıldı. Kütüphane eski parkın yanında ve pencerelerinden ırmak "
        "görünüyor. İçinde on binden fazla kitap, çocuklar için ayrı bir salon ve öğrenciler için sessiz "
        "bir oda var. Müdür, kapıların pazar dışında her gün herkese açık olduğunu söyledi. Akşamları şiir "
        "okunacak ve eski türküler söylenecek. Gelecek ay yabancılar için Türkçe dersleri başlıyor.",
    ),
    "uk": (
        "ua", [("cp1251", "windows-1251"), ("koi8_u", "KOI8-U")],
        "Учора в нашому місті відкрилася нова бібліотека. Вона стоїть поруч зі старим парком, і з її вікон "
        "видно річку. У бібліотеці понад десять тисяч книжок, окрема зала для дітей і тиха кімната для "
        "студентів. Директорка сказала, що двері відчинені для всіх щодня, крім неділі. Увечері тут "
        "читатимуть вірші й співатимуть народних пісень. Наступного місяця розпочнуться курси письма.",
    ),
    "ur": (
        "pk", [("cp1256", "windows-1256")],
        "كل ہمارے شہر ميں ايك نئى لائبريرى كهولى گئى۔ يہ پرانے باغ كے پاس ہے اور اس كى كهڑكيوں سے دريا "
        "نظر آتا ہے۔ اس ميں دس ہزار سے زيادہ كتابيں ہيں، بچوں كے ليے ايك الگ كمرہ ہے اور طلبہ كے ليے "
        "ايك خاموش جگہ ہے۔ انتظاميہ نے بتايا كہ دروازے اتوار كے سوا ہر روز سب كے ليے كهلے ہيں۔ شام كو "
        "يہاں شاعرى پڑهى جائے گى اور پرانے گيت گائے جائيں گے۔".replace("۔", "."),
    ),
    "vi": (
        "vn", [("cp1258", "windows-1258")],
        "Hôm qua, một thư viện mới đã được mở cửa ở thành phố của chúng tôi. Thư viện nằm cạnh công viên cũ "
        "và từ cửa sổ có thể nhìn thấy dòng sông. Ở đây có hơn mười nghìn cuốn sách, một phòng riêng cho "
        "trẻ em và một phòng yên tĩnh cho sinh viên. Giám đốc nói rằng cửa mở cho tất cả mọi người mỗi "
        "ngày, trừ chủ nhật. Buổi tối, mọi người sẽ đọc thơ và hát những bài dân ca xưa.",
    ),
    "zh": (
        "cn", [("gb2312", "GBK"), ("gbk", "GBK"), ("gb18030", "GBK")],
        "昨天，我们城市的新图书馆正式开放了。它位于老公园旁边，从窗户可以看到河流。馆内有一万多册图书，还有"
        "专门为儿童准备的阅览室，以及供学生安静学习的房间。馆长说，除了星期日以外，每天都向所有人免费开放。"
        "晚上这里将举行诗歌朗诵会，大家还会一起唱古老的民歌。下个月，图书馆还要为外国人开设中文课程。",
    ),
    "zh-TW": (
        "tw", [("big5", "Big5"), ("big5hkscs", "Big5")],
        "昨天，我們城市的新圖書館正式開放了。它位於老公園旁邊，從窗戶可以看到河流。館內有一萬多冊圖書，還有"
        "專門為兒童準備的閱覽室，以及供學生安靜學習的房間。館長說，除了星期日以外，每天都向所有人免費開放。"
        "晚上這裡將舉行詩歌朗誦會，大家還會一起唱古老的民歌。下個月，圖書館還要為外國人開設中文課程。",
    ),
}  # fmt: skip
