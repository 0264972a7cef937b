"""What stands on Reddit in the place of a text that its author, a moderator or Reddit removed.

In English these are sentences, too: "[deleted by user]", "[ Removed by Reddit on account of
violating the [content policy](...). ]", and what Reddit's pages show: "Sorry, this post has been
removed by the moderators of r/AskX."
"""

import html
import re

_BY = (
    r"by (?:the )?(?:subreddit )?(?:user|author|owner|op|reddit|(?:auto)?mod(?:erator)?|admin)s?"
    r"(?: (?:of|on|in|for|due|because|from) .{1,300})?"
)
_POST = r"(?:this |your |the )?(?:post|comment|submission|account)(?: has been| was| is)?"
# In brackets, "deleted" and "removed" in other languages. No list of Reddit's own is known: the
# words are the translations of git (msgid `[deleted]`) and of PackageKit (msgid `Removed`), and
# further forms of them for a comment or a post.
_WORDS = """
    bg: изтрит деинсталиран изтрито премахнато премахнат
    ca: suprimit eliminat
    cs: odebráno smazáno odstraněno
    da: fjernet slettet
    de: gelöscht entfernt
    el: διαγράφηκε διαγραμμένο αφαιρέθηκε
    es: eliminado borrado suprimido
    et: kustutatud eemaldatud
    fi: poistettu
    fr: supprimé supprimée effacé retiré
    he: הוסר נמחק
    hi: हटाया_गया मिटाया_गया
    hr: uklonjeno obrisano izbrisano
    hu: törölve törölt eltávolítva
    id: dihapus dibuang
    it: eliminato rimosso cancellato
    ja: 削除済み 削除されました 削除
    ko: 삭제됨 제거됨 삭제된_댓글입니다
    lt: ištrinta pašalinta
    lv: dzēsts izdzēsts noņemts
    nb: slettet fjernet
    nl: verwijderd
    pl: usunięto usunięty usunięte
    pt: eliminado removido excluído apagado
    ro: eliminat șters
    ru: удалено удалён удален удалена редактировано
    sk: odstránené zmazané
    sl: odstranjeno izbrisano
    sr: уклоњено обрисано
    sv: borttagen borttaget raderad
    tr: silindi kaldırıldı
    uk: вилучено видалено
    vi: đã_xóa đã_xoá
    zh: 已删除 已移除 已刪除
"""
_WORD = "|".join(
    re.escape(word.replace("_", " "))
    for line in _WORDS.strip().splitlines()
    for word in line.split(":")[1].split()
)
_NOTICE = re.compile(
    rf"[*_~]*(?:\\?\[ ?(?:unavailable|(?:{_POST} )?(?:deleted|removed)(?: {_BY})?|{_WORD})\.?"
    rf" ?\\?\]"
    rf"|(?:sorry, )?{_POST} (?:deleted|removed) {_BY}\.?)[*_~.]*",
    re.IGNORECASE,
)
_LONGEST = 500
INVISIBLE = " \t\n\r\u200b\u200c\u200d\u2060\ufeff"


def is_notice(text: str | None) -> bool:
    """Whether a text is nothing but such a notice."""
    if not text or len(text) > _LONGEST:
        return False
    shown = html.unescape(html.unescape(text)).strip(INVISIBLE)  # the API escapes `&` once more
    return _NOTICE.fullmatch(" ".join(shown.split())) is not None
