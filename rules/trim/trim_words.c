/* trim_words: the words by which mail programs mark quotes and signatures, in many languages.
 *
 * Owns only constant tables; nothing here can fail. The wording is that of the translations of Gmail,
 * Outlook, Apple Mail, Thunderbird, Yahoo, Zoho, K-9 and their like. */
#include "rules/trim/trim_words.h"

#include <stddef.h>

/* clang-format off */
const char *const tk_trim_words_openers[] = {
    "on", "le", "am", "el", "il", "op", "w dniu", "em", "den", "på", "dne", "dňa", "dnia", "a", "ter",
    "la data", "la", "pe", "vào", "pada", "dana", "kuupäev", "στις", "на", "в", "у", "za dan", "dia",
    "no", "in data", "il giorno", "data", "em data", "der", "in article", "in message", "in <", "el día",
    "am tag", "vom", "由", "在", "於", "于", "il dì", "tarihinde", "wiadomość napisana przez", "בתאריך", "ב-",
    "في", "در", "v", "às", "missatge de", NULL};

const char *const tk_trim_words_cites[] = {
    "quoting", "zitat von", "citando", "citeren", "cytowanie", "citát", "mensaje citado por", "idézet", "citat",
    "lainaus", "alıntı", NULL};

const char *const tk_trim_words_verbs[] = {
    "wrote", "writes", "writeth", "has written", "a écrit", "a ecrit", "écrivait", "ecrivit", "schrieb",
    "hat geschrieben", "schreibt", "geschrieben", "escribió", "escribio", "ha escrito", "va escriure",
    "ha escrit", "escribiu", "ha scritto", "scrive", "scriveva", "ha inviato", "schreef",
    "heeft geschreven", "heeft het volgende geschreven", "geschreven", "napisał", "napisał(a)",
    "napisała", "pisze", "escreveu", "skrev", "skrev følgende", "kirjoitti", "napsal", "napsal(a)",
    "napsala", "napísal", "napísal(a)", "napísala", "написал", "написал(а)", "написала", "написа",
    "пишет", "писал", "писали", "написав", "написала(-в)", "написав(ла)", "пише", "írta", "ezt írta", "a scris",
    "yazdı", "şunu yazdı", "şunları yazdı", "έγραψε", "đã viết", "menulis", "je napisao", "je napisao/la",
    "је написао", "je napisal", "napisao", "kirjutas", "rašė", "rakstīja", "skrifaði", "כתב", "כתבה",
    "כתב/ה", "كتب", "كتبت", "escrito", "shkruajti", "idatzi zuen", "نوشت", "ने लिखा", "napisana", "píše", "sagte", "מאת",
    "تمت كتابة", NULL};

const char *const tk_trim_words_weak_verbs[] = {
    "sent", "said", "says", NULL};

const char *const tk_trim_words_cjk[] = {
    "写道", "寫道", "写到", "寫到", "のメッセージ", "書きました", "のメール", "작성", "님이 씀", "님의 말", "썼습니다", "쓴 글", "提到", "さんからの引用", "さんは書きました", "เขียนว่า", "เขียน",
    NULL};

const char *const tk_trim_words_days[] = {
    "mon", "tue", "wed", "thu", "fri", "sat", "sun", "mo.", "di.", "mi.", "do.", "fr.", "sa.", "so.",
    "montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag", "lun", "mar", "mer",
    "jeu", "ven", "sam", "dim", "mié", "jue", "vie", "sáb", "dom", "gio", "sab", "seg", "ter", "qua",
    "qui", "sex", "ma", "ti", "ke", "to", "pe", "la", "su", "mån", "tis", "ons", "tor", "fre", "lör",
    "lør", "søn", "sön", "tir", "man", "pon", "wt", "śr", "czw", "pt", "niedz", "пн", "вт", "ср", "чт",
    "пт", "сб", "вс", "нд", "понедельник", "вторник", "среда", "четверг", "пятница", "суббота",
    "воскресенье", "понеділок", "вівторок", "середа", "четвер", "п'ятниця", "субота", "неділя", "út",
    "st", "čt", "pá", "so", "ne", "po", "zo", "za", "vr", "woe", "don", "din", "pzt", "sal", "çar", "per",
    "cum", "cmt", "paz", NULL};

const char *const tk_trim_words_separators[] = {
    "original message", "original email", "original e-mail", "original mail", "mail original",
    "reply message", "replied message",
    "original appointment", "ursprüngliche nachricht", "originalnachricht", "original-nachricht",
    "ursprüngliche mail", "antwort nachricht", "urspr. nachricht", "original nachricht",
    "message d'origine", "message original", "message initial", "mensaje original", "missatge original",
    "mensaxe orixinal", "messaggio originale", "messaggio originario", "oorspronkelijk bericht", "oorspronkelijk e-mail", "oorspronkelijke e-mail",
    "origineel bericht", "mensagem original", "originalmeddelande", "ursprungligt meddelande",
    "ursprungligt mejl", "oprindelig meddelelse", "oprindelig besked", "original meddelelse",
    "original besked", "opprinnelig melding", "original melding", "alkuperäinen viesti",
    "wiadomość oryginalna", "oryginalna wiadomość", "wiadomość pierwotna", "původní zpráva",
    "původní e-mail", "původní mail", "pôvodný e-mail", "původní e-mail", "původní mail",
    "pôvodný e-mail", "pôvodná správa", "originální zpráva", "исходное сообщение",
    "оригинальное сообщение", "первоначальное сообщение", "исходное письмо", "оригінальне повідомлення",
    "вихідне повідомлення", "оригинално съобщение", "eredeti üzenet", "mesaj original",
    "mesajul original", "mesaj iniţial", "özgün ileti", "orijinal mesaj", "orjinal mesaj",
    "orijinal ileti", "αρχικό μήνυμα", "thư gốc", "tin nhắn gốc", "pesan asli", "izvorna poruka",
    "originalna poruka", "izvirno sporočilo", "algne kiri", "originali žinutė", "oriģinālais ziņojums",
    "הודעה מקורית", "ההודעה המקורית", "الرسالة الأصلية", "原始邮件", "原始郵件", "邮件原件", "回复的原邮件", "回覆的原郵件", "ข้อความเดิม", "ข้อความต้นฉบับ",
    "پیام اصلی", "मूल संदेश", "原始信息", "原邮件", "原郵件", "原始訊息",
    "元のメッセージ", "元のメール", "オリジナルメッセージ", "원본 메시지", "원본메시지", "원본 메일", "원본메일", "원본 이메일", "original message text", "previous message",
    "quoted text", "mensagem anterior", NULL};

const char *const tk_trim_words_forwarded[] = {
    "forwarded message", "forwarded mail", "forwarded by", "forwarded email", "weitergeleitete nachricht",
    "weitergeleitete mail", "message transféré", "message transmis", "mail transféré",
    "message réexpédié", "mensaje reenviado", "missatge reenviat", "messaggio inoltrato",
    "doorgestuurd bericht", "mensagem encaminhada", "mensagem reencaminhada",
    "vidarebefordrat meddelande", "vidarebefordrat mejl", "videresendt meddelelse", "videresendt besked",
    "videresendt melding", "välitetty viesti", "edelleenlähetetty viesti", "przekazana wiadomość",
    "wiadomość przekazana", "treść przekazanej wiadomości", "přeposlaná zpráva", "preposlaná správa",
    "пересылаемое сообщение", "пересланное сообщение", "переадресованное сообщение",
    "переслане повідомлення", "továbbított üzenet", "mesaj redirecționat", "mesaj redirecţionat",
    "iletilen mesaj", "yönlendirilmiş mesaj", "προωθημένο μήνυμα", "thư chuyển tiếp", "pesan terusan",
    "proslijeđena poruka", "הודעה שהועברה", "رسالة موجهة", "转发的邮件", "轉寄郵件", "转发邮件信息", "转发的消息", "轉寄的訊息",
    "転送メッセージ", "転送されたメッセージ", "전달된 메시지", "전달된 메일", "пересылане повідомлення", "препратено съобщение", "ข้อความที่ส่งต่อ",
    "पुनर्प्रेषित संदेश", "přeposlaný e-mail", "preposlaný e-mail", "mesaj transmis", "iletilmiş mesaj",
    "forwarded message from", NULL};

const char *const tk_trim_words_forwards[] = {
    "begin forwarded message", "anfang der weitergeleiteten nachricht",
    "anfang der weitergeleiteten e-mail", "début du message réexpédié", "début du message transféré",
    "inicio del mensaje reenviado", "inizio messaggio inoltrato", "inizio del messaggio inoltrato",
    "begin doorgestuurd bericht", "início da mensagem reencaminhada", "início da mensagem encaminhada",
    "vidarebefordrat brev", "start på videresendt", "videresendt melding",
    "начало переадресованного сообщения", "początek przekazywanej", "začátek přeposílané zprávy",
    "下面是被转发的邮件", "以下是转发的邮件", "開始轉寄訊息", "転送されたメッセージ", "전달된 메시지 시작", "välitetty viesti alkaa", "παρακάτω είναι το προωθημένο",
    "inizio messaggio", "eteenpäin lähetetty viesti", "iletilen ileti başlangıcı", "továbbított levél kezdete", NULL};

const char *const tk_trim_words_above[] = {
    "reply above this line", "your reply above", "reply above. do not remove", "above this line to reply",
    "reply above here", "write above this line", "type above this line", "respond above this line",
    "response above this line", "above this line to add", "reply above the line", "above this line -",
    "oberhalb dieser zeile", "über dieser zeile", "au-dessus de cette ligne", "por encima de esta línea",
    "encima de esta línea", "arriba de esta línea", "sopra questa riga", "sopra questa linea",
    "boven deze regel", "boven deze lijn", "acima desta linha", "powyżej tej linii",
    "powyżej tego wiersza", "ovanför denna rad", "ovanför den här raden", "ovanfor denne linje",
    "over denne linjen", "over denne linje", "tämän rivin yläpuolelle", "nad tento řádek",
    "nad tuto čiaru", "nad týmto riadkom", "nad tímto řádkem", "выше этой строки", "выше этой линии",
    "вище цього рядка", "bu satırın üstüne", "bu satırın üzerine", "请在此行上方回复", "この行より上", "この線より上",
    "이 줄 위에", "do not write below", "do not edit below", "do not type below",
    "nad tuto čáru",
    "над этой строкой", "над цим рядком", "над този ред", "此行上方", "在此线上方", "מעל שורה זו", "فوق هذا السطر",
    "e sor fölé", "a sor fölé", "deasupra acestei linii", "iznad ove linije", "nad to vrstico", "di atas baris ini",
    "phía trên dòng này", "πάνω από αυτή τη γραμμή", NULL};

const char *const tk_trim_words_framed[] = {
    "below this line", "text above this line", "unterhalb dieser zeile", "sous cette ligne",
    "debajo de esta línea", "abaixo desta linha", "sotto questa riga", "onder deze regel", NULL};

const char *const tk_trim_words_mobile[] = {
    "sent from my ", "sent from ", "sent via ", "sent with ", "sent using ", "sent on the go",
    "sent through ", "get outlook for ", "download outlook for ", "get bluemail for ", "von meinem ",
    "von unterwegs", "gesendet von ", "gesendet mit ", "gesendet über ", "gesendet aus ", "gesendet vom ",
    "versendet mit ", "verschickt mit ", "diese nachricht wurde von ", "diese e-mail wurde von mein",
    "holen sie sich outlook", "envoyé de ", "envoyé depuis ", "envoyé à partir d", "envoyé avec ",
    "envoyé par ", "envoyé via ", "envoyé du ", "obtenez outlook", "télécharger outlook", "provenance : ",
    "inviato da", "inviata da", "inviato con ", "scarica outlook", "ottieni outlook", "enviado desde ",
    "enviado con ", "enviado do ", "enviado de ", "enviado a partir d", "enviado por ", "enviado pelo ",
    "enviado via ", "enviado com ", "obtener outlook", "obter o outlook", "baixar o outlook",
    "enviat des d", "verzonden vanaf ", "verstuurd vanaf ", "verzonden met ", "verzonden via ",
    "verstuurd met ", "verzonden door ", "verstuurd via ", "download outlook voor ", "skickat från ",
    "skickat med ", "hämta outlook", "skickad från ", "sendt fra ", "sendt med ", "hent outlook",
    "last ned outlook", "få outlook", "lähetetty ", "hanki outlook", "wysłane z ", "wysłano z ",
    "wysłane przez ", "pobierz outlook", "odesláno z", "odesláno mobil", "odoslané z",
    "stáhněte si outlook", "získat outlook", "отправлено с ", "отправлено из ", "отправлено через ",
    "отправлено от ", "послано с ", "скачать outlook", "надіслано з ", "надіслано від ", "изпратено от ",
    "trimis de pe ", "trimis din ", "στάλθηκε από ", "αποστολή από ", "được gửi từ ", "đã gửi từ ",
    "gửi từ ", "dikirim dari ", "poslano s ", "poslano z ", "poslato sa ", "نُشر من", "أرسلت من", "发自",
    "從我的", "从我的", "發自", "自我的", "来自我的", "傳送自", "用我的", "获取 outlook", "取得 outlook",
    "sent by ", "sent while on the move", "composed on ", "typed on ", "message sent from ", "this email was sent from my",
    "this message was sent from my", "enviada do ", "enviado desde", "obter outlook", "verzonden vanuit ",
    "verstuurd vanuit ", "skickades från ", "skickat via ", "pobierz aplikację outlook", "získejte outlook",
    "získajte outlook", "elküldve az ", "küldve az ", "küldve a ", "az outlook beszerzése", "descărcați outlook",
    "obțineți outlook", "получить outlook", "получите outlook", "загрузить outlook", "отримати outlook",
    "отримайте outlook", "вземете outlook", "εστάλη από ", "λήψη του outlook", "αποκτήστε το outlook", "נשלח מה",
    "נשלח ממ", "נשלח מ-", "أُرسلت من", "تم الإرسال من", "احصل على outlook", "ارسال شده از ",
    "tải outlook", "tải xuống outlook", "ส่งจาก", "รับ outlook", "ดาวน์โหลด outlook", "dapatkan outlook",
    "unduh outlook", "dihantar daripada ", "dihantar dari ", "发送自", "寄自", "下载 outlook", "下載 outlook", "取得 ios 版 outlook",
    "取得 android 版 outlook", "获取适用于", "由 outlook", "poslano iz ", "послато са ", "saadetud ", "nosūtīts no ",
    "išsiųsta iš ", "sent fra ", NULL};

const char *const tk_trim_words_mobile_end[] = {
    "から送信", "から送信されました", "에서 보냄", "에서 전송", "에서 발송", "发送", "傳送", "umdan gönderildi", "ımdan gönderildi",
    "imden gönderildi", "dan gönderildi", "den gönderildi", "ról küldve", "ről küldve",
    "készülékemről küldve", " gesendet", " geschickt", "herunterladen", " beziehen", " downloaden",
    " verzonden", "מה-iphone שלי", "gönderildi", "küldve", "'u edinin", "'ı edinin", "に送信", "を入手", "をダウンロード",
    "에서 보냈습니다", " 받기", " 다운로드", "से भेजा गया", "भेजा गया", "傳送。", NULL};

const char *const tk_trim_words_devices[] = {
    "phone", "iphon", "telefon", "typeapp", "tutanota", "mailspring", "polymail", "k-9", "ipad", "ipod",
    "android", "mobil", "handy", "tablet", "samsung", "galaxy", "huawei", "xiaomi", "xperia", "nokia",
    "htc", "nexus", "pixel", "blackberry", "windows", "outlook", "mail", "yahoo", "proton", "nine",
    "spark", "surface", "apparat", "apparaat", "gerät", "appareil", "dispositivo", "device", "телефон",
    "мобильн", "смартфон", "устройства", "postbox", "workspace", "verizon", "t-mobile", "my palm",
    "puhelin", "laitteesta", "手机", "手機", "スマート", "휴대", "superhuman", "fastmail", "aol ", "on the move", "on the go", "unterwegs",
    "móvil", "mobiel", "iphonu", "iphona", "ponsel", "هاتف", "אייפון", "galaxy", "갤럭시", "三星", "小米", "华为", "網易", "网易",
    "邮件", "郵件", "邮箱", "郵箱", "posta", "почт", "e-post", "thiết bị", "điện thoại", "मोबाइल",
    "โทรศัพท์", NULL};

const char *const tk_trim_words_excuses[] = {
    "excuse", "typo", "brevity", "sorry", "apolog", "entschuldig", "tippfehler", "pardon", "disculp", NULL};

const char *const tk_trim_words_signoffs[] = {
    "thanks", "thank you", "thanks again", "many thanks", "thanks in advance", "thank you in advance",
    "thx", "cheers", "regards", "best regards", "kind regards", "warm regards", "warmest regards",
    "with regards", "best", "all the best", "best wishes", "sincerely", "yours sincerely",
    "sincerely yours", "yours truly", "yours faithfully", "respectfully", "cordially", "br", "rgds",
    "at your service", "mit freundlichen grüßen", "mit freundlichem gruß", "freundliche grüße",
    "viele grüße", "liebe grüße", "beste grüße", "schöne grüße", "herzliche grüße", "gruß", "grüße",
    "mfg", "vg", "lg", "mit besten grüßen", "mit freundlichen grüssen", "freundliche grüsse",
    "cordialement", "bien cordialement", "salutations", "bien à vous", "meilleures salutations",
    "saludos", "un saludo", "saludos cordiales", "atentamente", "cordiali saluti", "distinti saluti",
    "saluti", "un saluto", "met vriendelijke groet", "met vriendelijke groeten", "vriendelijke groeten",
    "groeten", "groet", "mvg", "atenciosamente", "cumprimentos", "com os melhores cumprimentos",
    "abraços", "med vänliga hälsningar", "vänliga hälsningar", "med vänlig hälsning", "hälsningar", "mvh",
    "med venlig hilsen", "venlig hilsen", "vh", "med vennlig hilsen", "vennlig hilsen", "hilsen",
    "ystävällisin terveisin", "terveisin", "pozdrawiam", "z poważaniem", "z wyrazami szacunku",
    "s pozdravem", "s přáním hezkého dne", "s pozdravom", "с уважением", "всего доброго", "з повагою",
    "üdvözlettel", "cu stimă", "saygılarımla", "iyi çalışmalar", "με εκτίμηση", "trân trọng", "敬具",
    "よろしくお願いいたします", "此致", "谢谢", "감사합니다",
    "best regards / mit freundlichen grüßen", "mit freundlichen grüßen / best regards", "many thanks and best regards",
    "thanks and regards", "thanks & regards", "thanks and best regards", "best wishes and thanks", "kindest regards",
    "with best regards", "with kind regards", "respectfully yours", "very truly yours", "cheers mate", "tia",
    "mit freundlichem gruss", "freundlicher gruß", "hochachtungsvoll", "besten gruß",
    "besten dank", "vielen dank", "danke", "danke und gruß", "mit lieben grüßen", "einen schönen tag", "bien à toi",
    "sincères salutations", "amicalement", "très cordialement", "respectueusement", "merci", "merci d'avance",
    "gracias", "muchas gracias", "cordialmente", "un cordial saludo", "atte", "saludos cordiales", "grazie",
    "cordialmente", "un cordiale saluto", "buona giornata", "buon lavoro", "bedankt", "dank u wel", "hartelijke groet",
    "hartelijke groeten", "met hartelijke groet", "obrigado", "obrigada", "att", "atte", "abraço", "tack", "bästa hälsningar",
    "bästa hälsning", "tak", "de bedste hilsner", "bedste hilsner", "mange hilsner", "takk", "beste hilsen", "kiitos",
    "parhain terveisin", "dziękuję", "pozdrawiam serdecznie", "z pozdrowieniami", "děkuji", "děkuji za odpověď", "ďakujem",
    "s úctou", "спасибо", "с наилучшими пожеланиями", "дякую", "благодаря", "поздрави", "с поздрави", "köszönöm",
    "tisztelettel", "mulțumesc", "o zi bună", "teşekkürler", "saygılarımızla", "ευχαριστώ", "φιλικά", "בברכה", "תודה",
    "مع التحية", "شكرا", "با تشکر", "धन्यवाद", "cảm ơn", "ขอบคุณ", "terima kasih", "salam", "hormat saya", "lep pozdrav",
    "srdačan pozdrav", "lijep pozdrav", "tervitades", "lugupidamisega", "ar cieņu", "pagarbiai", "kær kveðja", "salutacions",
    "atentament", "祝好", "顺颂商祺", "敬上", "감사드립니다", "宜しくお願い致します", "よろしくお願いします", NULL};

const char *const tk_trim_words_legal[] = {
    "confidential", "intended solely", "intended recipient", "privileged",
    "received this e-mail in error", "received this email in error", "received this message in error",
    "scanned for virus", "swept for", "computer virus", "disclaimer", "monitored", "vertraulich",
    "rechtlich geschützt", "irrtümlich erhalten", "confidentiel", "destinataire", "confidenciale",
    "confidencial", "riservat", "vertrouwelijk", "vertrouwelijke", "poufn", "конфиденциальн",
    "luottamuksellinen", "fortrolig", "konfidentiell", "důvěrn", "gizli",
    "unauthorised", "unauthorized", "if you are not the addressee", "freedom of information act", "data protection act", "e-mail may contain",
    "email may contain", "message may contain", "consider the environment", "before printing this", "think before you print",
    "mailscanner", "messagelabs", "mimecast", "virus-free", "virenfrei", "avast", "registered in england",
    "registered office", "company number", "zaupno", "bizalmas", "confidenţial", "конфіденційн", "εμπιστευτικ", "سرية",
    "סודי", "机密", "機密", "비밀", NULL};

const char *const tk_trim_words_label_from[] = {
    "from", "von", "de", "da", "van", "från", "fra", "lähettäjä", "od", "nadawca", "от", "від", "от кого",
    "feladó", "de la", "expediteur", "expéditeur", "remitente", "mittente", "absender", "afzender",
    "kimden", "gönderen", "από", "saatja", "nuo", "no", "frá", "từ", "dari", "šalje", "pošiljatelj",
    "מאת", "من", "发件人", "寄件者", "寄件人", "發件人", "差出人", "送信元", "送信者", "보낸 사람", "보낸사람", "จาก", "felado",
    "lähettänyt", "sender", "от имени", "از", "प्रेषक", "द्वारा", "daripada", "од", NULL};

const char *const tk_trim_words_label_date[] = {
    "date", "sent", "sent on", "gesendet", "gesendet am", "datum", "envoyé", "envoyé le", "date d'envoi",
    "message du", "enviado", "enviado el", "enviada em", "enviado em", "enviada", "fecha", "data",
    "inviato", "data invio", "verzonden", "verstuurd", "skickat", "sendt", "dato", "lähetetty",
    "päivämäärä", "päiväys", "wysłano", "wysłane", "odesláno", "odoslané", "dátum", "отправлено", "дата",
    "надіслано", "изпратено", "elküldve", "küldve", "trimis", "trimis la", "tarih", "gönderildi",
    "gönderme tarihi", "ημερομηνία", "στάλθηκε", "đã gửi", "ngày", "dikirim", "tanggal", "poslano",
    "saadetud", "נשלח", "תאריך", "تاريخ الإرسال", "发送时间", "发送日期", "日期", "寄件日期", "傳送時間", "發送時間", "送信日時",
    "日時", "日付", "보낸 날짜", "날짜", "보낸날짜", "时间", "sent at", "when", "ارسال شده", "تاریخ", "تاريخ", "التاريخ", "تم الإرسال", "تاريخ الارسال", "भेजा गया",
    "दिनांक", "ส่ง", "ส่งเมื่อ", "วันที่", "dihantar", "tarikh", "послато", "датум", "poslato", "išsiųsta", "nosūtīts",
    "datums", "αποστολή", "στάλθηκε στις", "enviat", "enviat el", "kuupäev", "envoyée", "poslané", "відправлено",
    "дата отправки", "dagsetning", NULL};

const char *const tk_trim_words_label_to[] = {
    "to", "an", "à", "a", "pour", "para", "aan", "till", "til", "vastaanottaja", "do", "komu", "pre",
    "pro", "кому", "до", "címzett", "către", "catre", "kime", "alıcı", "προς", "đến", "kepada", "prima",
    "za", "kellele", "אל", "إلى", "收件人", "收件者", "宛先", "받는 사람", "받는사람", "به", "प्रति", "ถึง", "ke", "kam", "adressaat", "per a", "saaja", "primatelj", "prejemnik",
    "empfänger", "destinataire",
    "destinatario", NULL};

const char *const tk_trim_words_label_cc[] = {
    "reply-to", "mailed-by", "cc", "bcc", "copie à", "kopie", "kopia", "kopi", "copia", "dw", "копия",
    "抄送", "副本", "참조", "kopio", "másolatot kap", "importance", "attachments", "priority", "wichtigkeit", "kopie an", "cópia", "másolat", "kopija", "สำเนา",
    "reply to", "antwort an", "répondre à", "anlagen", "priorität", "prioridad", "priorità",
    NULL};

const char *const tk_trim_words_label_subject[] = {
    "subject", "betreff", "objet", "sujet", "asunto", "oggetto", "onderwerp", "assunto", "ämne", "emne",
    "aihe", "temat", "předmět", "predmet", "тема", "относно", "tárgy", "subiect", "konu", "θέμα",
    "chủ đề", "subjek", "zadeva", "teema", "נושא", "الموضوع", "主题", "主旨", "主題", "件名", "제목", "assumpte",
    "efni", "tema", "dalykas", "موضوع", "विषय", "เรื่อง", "หัวข้อ", "perkara", "tēma", "ogg", "naslov", NULL};
/* clang-format on */
