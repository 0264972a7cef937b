"""What pages say to work on them, in the languages that have most pages: words of labels.

They are compared by their letters and digits alone, those of ASCII in whichever case.
"""

import functools

from numba import njit

from filters.extract import elements
from filters.extract.elements import Lookup
from filters.text.matching import as_bytes

# A button to share the text; other texts of the site; what leads about the page; where readers
# write; what the text is filed under; where readers subscribe. The last two begin a sentence.
NO_LABEL, SHARES, RELATES, WORKS, RESPONDS, FILES, SUBSCRIBES, ASKS, INVITES = range(9)

_SHARES = """
    follow us|follow us on|follow me|folgen sie uns|folge uns|suivez nous|síguenos|siga nos
    seguici|volg ons|obserwuj nas|мы в соцсетях|подписывайтесь на нас|bizi takip edin|フォローする
    关注我们|share|share this|share this article|share this post|share this page|share this story
    share on|share with|share via|share article|share post|share now|sharing is caring
    spread the word|teilen|artikel teilen|beitrag teilen|jetzt teilen|diesen artikel teilen
    seite teilen|partager|partager cet article|partagez|partager sur|partager l article|compartir
    comparte|compartir en|comparte esto|compartir este artículo|compártelo|compartilhar
    compartilhe|compartilhe isso|partilhar|compartilhar este artigo|condividi|condividi su
    condividi questo articolo|condividi l articolo|deel dit artikel|deel dit|dela artikeln
    del artikel|del denne artikkelen|udostępnij|podziel się|udostępnij artykuł|sdílet|sdílejte
    sdílet článek|zdieľať|поделиться|поделитесь|поделиться ссылкой|поделиться в соцсетях
    поделись с друзьями|поділитися|paylaş|bu yazıyı paylaş|megosztás|oszd meg|distribuie|сподели
    κοινοποίηση|μοιραστείτε|分享|分享到|分享至|分享本文|シェア|シェアする|この記事をシェア|共有
    공유|공유하기|साझा करें|chia sẻ|bagikan|bagikan ini|kongsi|แชร์|شارك|مشاركة|شارك المقال
    شارك هذا|שתף|שיתוף
"""
_RELATES = """
    you may also like|you might also like|you might like|you may like|you may also be interested in
    you might also be interested in|you may be interested in|related articles|related article
    related posts|related post|related stories|related story|related content|related news|related
    related reading|related topics|related pages|related links|read more|read also|also read
    read next|more stories|more articles|more news|more from this author|more like this|up next
    recommended|recommended for you|recommended reading|recommended articles|recommended stories
    what to read next|don t miss|see related|latest news|latest articles|latest posts|keep reading
    recent posts|popular posts|most popular|most read|trending|trending now|continue reading
    lesen sie auch|auch interessant|das könnte sie auch interessieren|mehr zum thema|weiterlesen
    das könnte dir auch gefallen|ähnliche artikel|ähnliche beiträge|verwandte artikel|mehr lesen
    weitere artikel|verwandte beiträge|das könnte sie interessieren|lies auch|lesen sie mehr
    à lire aussi|lire aussi|lire la suite|articles similaires|sur le même sujet|à voir aussi
    vous aimerez aussi|vous pourriez aussi aimer|articles liés|en savoir plus|lire également
    también te puede interesar|te puede interesar|lea también|lee también|artículos relacionados
    más noticias|noticias relacionadas|leer más|quizás te interese|te puede gustar|lea además
    leia também|leia mais|artigos relacionados|veja também|notícias relacionadas|saiba mais
    você também pode gostar|talvez te interesse|posts relacionados|mais lidas
    leggi anche|potrebbe interessarti|potrebbe interessarti anche|articoli correlati|leggi tutto
    ti potrebbe interessare|ti potrebbero interessare anche|leggi di più|potrebbe piacerti anche
    lees ook|lees meer|gerelateerde artikelen|ook interessant|läs också|läs mer|les også|læs også
    lue myös|zobacz też|zobacz również|czytaj także|czytaj też|przeczytaj także|podobne artykuły
    przeczytaj również|čtěte také|související články|mohlo by vás zajímat|přečtěte si také
    читайте также|читать также|похожие статьи|похожие записи|статьи по теме|материалы по теме
    читайте так же|вам может понравиться|вам также может понравиться|читайте ещё|читайте по теме
    читайте також|схожі статті|прочетете още|вижте още|διαβάστε επίσης|σχετικά άρθρα
    ilginizi çekebilir|bunlar da ilginizi çekebilir|benzer yazılar|ilgili haberler|ilgili yazılar
    kapcsolódó cikkek|ez is érdekelheti|citește și|articole similare|citiți și
    相关文章|相关阅读|推荐阅读|延伸阅读|猜你喜欢|相關文章|延伸閱讀|推薦閱讀|你可能也喜歡|您可能感兴趣
    関連記事|あわせて読みたい|こちらもおすすめ|おすすめ記事|合わせて読みたい|人気記事|関連ページ
    관련 기사|관련기사|관련 글|함께 보면 좋은 글|추천 기사|baca juga|artikel terkait|berita terkait
    xem thêm|bài viết liên quan|có thể bạn quan tâm|tin liên quan|đọc thêm|อ่านเพิ่มเติม
    اقرأ أيضا|اقرأ أيضًا|مقالات ذات صلة|مواضيع ذات صلة|قد يعجبك أيضا|بیشتر بخوانید
    קראו גם|כתבות נוספות
    यह भी पढ़ें|ये भी पढ़ें|इसे भी पढ़ें|আরও পড়ুন
"""
_WORKS = """
    skip to content|skip to main content|skip to the content|skip to the main content
    skip to footer|skip to navigation|skip to search|skip to primary navigation|skip navigation
    jump to content|jump to navigation|jump to search|jump to main content|back to top
    return to top|top of page|back to the top|scroll to top|print this page|print this article
    email this article|jump to|email this page|send to a friend|comments are closed
    comments are off|link copied|copy link|link copied to clipboard|copied to clipboard
    advertisement|story continues below advertisement|article continues below advertisement
    article continues below|download our app|get the app|zum inhalt springen
    zur navigation springen|zum hauptinhalt springen|direkt zum inhalt
    zur hauptnavigation springen|nach oben|zurück nach oben|zum seitenanfang|seite drucken|anzeige
    artikel drucken|kommentare sind geschlossen|link kopieren|aller au contenu
    aller au contenu principal|aller à la navigation|passer au contenu|haut de page|retour en haut
    imprimer cette page|les commentaires sont fermés|publicité|aller au menu|saltar al contenido
    ir al contenido|pasar al contenido principal|ir al contenido principal|saltar a contenido
    volver arriba|los comentarios están cerrados|publicidad|ir al menú|pular para o conteúdo
    ir para o conteúdo|saltar para o conteúdo|voltar ao topo|publicidade|vai al contenuto
    salta al contenuto|torna su|torna all inizio|i commenti sono chiusi|pubblicità|naar inhoud
    ga naar inhoud|ga naar de inhoud|terug naar boven|naar de inhoud springen|advertentie
    przejdź do treści|do góry|przejdź do menu|reklama|přejít k obsahu|přeskočit na obsah
    перейти к содержимому|перейти к содержанию|перейти к основному содержанию|наверх
    комментарии закрыты|реклама|перейти до вмісту|hoppa till innehåll|till innehållet
    gå til indhold|hop til indhold|hopp til innhold|gå til innhold|siirry sisältöön|içeriğe geç
    içeriğe atla|yukarı çık|本文へスキップ|メインコンテンツへスキップ|コンテンツへスキップ
    ページトップへ|トップへ戻る|ページの先頭へ|このページの先頭へ|跳到内容|跳至内容|跳转到主要内容
    跳到主要內容|返回顶部|回到顶部|본문 바로가기|본문으로 바로가기|콘텐츠로 건너뛰기|맨 위로
    انتقل إلى المحتوى|التخطي إلى المحتوى|تخطي إلى المحتوى|lewati ke konten|langsung ke isi
    kembali ke atas|chuyển đến nội dung
"""
_RESPONDS = """
    leave a comment|leave a reply|post a comment|add a comment|write a comment|cancel reply
    schreibe einen kommentar|kommentar schreiben|hinterlasse einen kommentar
    schreiben sie einen kommentar|laisser un commentaire|poster un commentaire
    ajouter un commentaire|deja una respuesta|deja un comentario|dejar un comentario
    deixe um comentário|deixe uma resposta|lascia un commento|geef een reactie
    laat een reactie achter|dodaj komentarz|napsat komentář|lämna en kommentar|skriv en kommentar
    legg igjen en kommentar|добавить комментарий|оставить комментарий|залишити коментар
    додати коментар|bir yanıt yazın|bir cevap yazın|コメントを残す|コメントする|发表评论|发表回复
    發佈留言|댓글 남기기|اترك تعليقا|اترك ردا|tinggalkan balasan|để lại bình luận
"""
_FILES = """
    tags|tag|tagged|tagged with|filed under|posted in|categories|category|topics|topic|more on
    schlagwörter|schlagworte|stichwörter|kategorien|kategorie|themen|étiquettes|mots clés
    catégories|catégorie|thèmes|etiquetas|categorías|categoría|temas|categorias|categoria
    argomenti|categorie|trefwoorden|categorieën|tagi|теги|метки|рубрика|рубрики|категория
    категории|теми|мітки|štítky|etiketler|kategoriler|タグ|カテゴリー|カテゴリ|标签|分类|標籤|分類
    태그|카테고리|الوسوم|kategori|taggar|emneord
"""
_SUBSCRIBES = """
    newsletter|our newsletter|subscribe|subscribe now|mailing list|stay informed
    stay in touch|stay connected|stay up to date|newsletter sign up|newsletter signup
    email newsletter|unser newsletter|newsletter abonnieren|newsletter anmeldung
    bleiben sie informiert|notre newsletter|infolettre|lettre d information|restez informé|boletín
    boletín de noticias|nuestro boletín|boletim|boletim informativo|nieuwsbrief|nyhetsbrev
    nyhedsbrev|рассылка|новостная рассылка|розсилка|bülten|e bülten|hírlevél|メルマガ
    メールマガジン|ニュースレター|뉴스레터|电子报|電子報|النشرة البريدية
"""
_ASKS = """
    you must be logged in to post|you must be logged in to comment|you must be logged in to reply
    you must log in to post|log in to comment|login to comment|please log in to comment
    you need to log in to comment|your email address will not be published
    your e mail address will not be published|please enable javascript
    you need to enable javascript|this site requires javascript|this site uses akismet
    this site is protected by recaptcha|deine e mail adresse wird nicht veröffentlicht
    ihre e mail adresse wird nicht veröffentlicht|bitte aktivieren sie javascript
    du musst angemeldet sein um einen kommentar|votre adresse e mail ne sera pas publiée
    votre adresse de messagerie ne sera pas publiée|vous devez être connecté pour publier
    vous devez vous connecter pour publier|veuillez activer javascript
    tu dirección de correo electrónico no será publicada|debes iniciar sesión para comentar
    o seu endereço de e mail não será publicado|o seu endereço de email não será publicado
    il tuo indirizzo email non sarà pubblicato|devi essere connesso per inviare un commento
    je e mailadres wordt niet gepubliceerd|twój adres e mail nie zostanie opublikowany
    twój adres email nie zostanie opublikowany|ваш адрес email не будет опубликован
    din e postadress kommer inte publiceras|din e mailadresse vil ikke blive publiceret
    vaše e mailová adresa nebude zveřejněna|e posta adresiniz yayınlanmayacak
    e posta hesabınız yayımlanmayacak|メールアドレスが公開されることはありません
    您的邮箱地址不会被公开|您的电子邮箱地址不会被公开|發佈留言必須填寫的電子郵件地址不會公開
    이메일 주소는 공개되지 않습니다|لن يتم نشر عنوان بريدك الإلكتروني
    alamat email anda tidak akan dipublikasikan
"""
_INVITES = """
    sign up|subscribe to|subscribe for|subscribe and|join our|join the|join us|join my|get our
    get the latest|get all the latest|get my|receive our|receive the latest|register for our
    enter your email|enter your e mail|abonnieren|abonniere|melden sie sich|melde dich
    erhalten sie|jetzt newsletter|jetzt zum|jetzt anmelden|jetzt abonnieren|abonnez vous
    inscrivez vous|recevez|suscríbete|suscríbase|recibe|regístrate|assine|inscreva se|subscreva
    receba|iscriviti|ricevi|schrijf je in|schrijf u in|meld je aan|meld u aan|abonneer je|ontvang
    zapisz się|подпишитесь|подписывайтесь|підпишіться|підписуйтесь|prenumerera|anmäl dig
    tilmeld dig|meld deg|přihlaste se|iratkozzon fel
"""
# What those send who are invited.
NEWSLETTERS = as_bytes(
    "newsletter", "inbox", "mailing list", "nieuwsbrief", "bolet", "infolettre", "nyhetsbrev",
    "nyhedsbrev", "hírlev", "posteingang", "рассылк", "розсилк", "メルマガ", "ニュースレター",
    "뉴스레터",
)  # fmt: skip
_LISTS = (_SHARES, _RELATES, _WORKS, _RESPONDS, _FILES, _SUBSCRIBES, _ASKS, _INVITES)


def _letters(text: str) -> str:
    return "".join(c for c in text if (c.isascii() and c.isalnum()) or not is_sign(ord(c)))


@njit(cache=True, nogil=True)
def is_sign(code: int) -> bool:
    """Whether a character is no letter or digit, as far as labels have such."""
    if code < 0x80:
        small = code | 32
        return not (ord("a") <= small <= ord("z") or ord("0") <= code <= ord("9"))
    return (
        0xA0 <= code < 0xC0
        or 0x2000 <= code < 0x2C00
        or 0x3000 <= code < 0x3004
        or 0xFE00 <= code < 0xFE10
        or 0xFF00 <= code < 0xFF10
        or code in (0xFF1A, 0xFF1E, 0x60C)
        or code >= 0x1F000
    )


@functools.cache
def label_kinds() -> Lookup:
    """From the hash of a label's letters, those of ASCII in lower case, to its kind."""
    kinds: dict[str, int] = {}
    for kind, labels in enumerate(_LISTS, 1):
        for label in map(str.strip, labels.replace("\n", "|").split("|")):
            for spelt in (label, label.capitalize(), label.title(), label.upper()):
                letters = _letters(spelt)
                small = "".join(c.lower() if c.isascii() else c for c in letters)
                kinds.setdefault(small, kind)
    kinds.pop("", None)
    return elements.lookup(kinds)
