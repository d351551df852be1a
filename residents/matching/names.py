"""Names in a form that can be compared, and spellings that stand for one name.

The groups are common knowledge about names in Britain: short forms, and the many ways in which names are
written in Latin letters. A group may only hold spellings of one name for one sex; it never holds names that
are merely alike, because twins have such names.
"""

from __future__ import annotations

import pyarrow as pa

_GROUPS = """
alexander alex alec sandy aleksander alexandr aleksandar alexandre alejandro
alexandra aleksandra alexandria
abdullah abdulla abdallah abdalla
abdirahman abdurahman abdulrahman abdurrahman cabdiraxmaan abdirahmaan
abdi cabdi
ahmed ahmad achmed axmed ahmet
aisha aysha ayesha aishah caasha aicha ayse aaisha
aleksandr alexandr
amina aminah aamina ameena
andrew andy drew andrzej andrei andreas
anthony tony antony antonio antoni
ali cali
anne ann anna annie
barbara babs barb
benjamin ben benny binyamin binyomin
catherine katherine kathryn cathy kate katie kathy cath katarzyna catharine katharine
charles charlie chas chuck
charlotte lottie charlie
christine chris chrissie christina krystyna tina
christopher chris kit krzysztof
daniel dan danny
david dave davey dovid dawid
deborah debbie debra deb
dorothy dot dottie dolly
edward ed eddie ted teddy ned
elizabeth liz lizzie beth betty eliza lisa libby elisabeth elzbieta bess betsy
eleanor ellie nell elinor
fatima fatimah fatema fatma faadumo fadumo fathima
frances fran franny
francis frank franciszek
frederick fred freddie freddy
geoffrey geoff jeff jeffrey
gerald gerry jerry
gillian gill jill
gregory greg grzegorz
halima halimah xaliimo
hassan hasan xasan
hussein husain hussain hossain hussayn huseyin xuseen hosain
henry harry hal
ibrahim ebrahim ibraheem
isaac yitzchok yitzchak itzik
isabella bella izzy isabel isobel isabelle
jacob jake yaakov yakov jakub yankel
jacqueline jackie jacqui
james jim jimmy jamie
janet jan
jennifer jen jenny
jessica jess jessie
john jack johnny jon ian
jonathan jon jonny jonathon
joseph joe joey yosef josef jozef yossi
joshua josh yehoshua
judith judy
kenneth ken kenny
khadija khadijah kadija khadeeja khadiza hadiza xadiija
lawrence larry laurence lorenzo
leonard len lenny
margaret maggie peggy meg madge marge margery malgorzata
maria mary marie mariam
maryam mariam miriam mariyam meryem
mark marc marek
matthew matt mateusz matteo
michael mike mick mickey micky michal
mohammed mohamed muhammad mohammad muhammed mohamad mohamud muhamed mohd md mohammod maxamed mehmet muhammet mahamed
mustafa mustapha mostafa
natalie nat nathalie
nathan nathaniel nat
nicholas nick nicky nicolas mikolaj
nicola nicky nikki
omar umar cumar omer
osman usman uthman othman cismaan
pamela pam
patricia pat patsy trish tricia
patrick pat paddy
peter pete piotr
philip phil phillip
rachel rachael rochel rae
rebecca becky becca rebekah rivka rivky
rahima raheema
richard rick dick rich richie ricky
robert bob rob bobby robbie bert
ronald ron ronnie
rukhsana ruksana roksana
samuel sam sammy shmuel
samantha sam sammie
sarah sara sally sadie
solomon shlomo suleiman sulaiman
stephen steve steven steph stefan
stephanie steph
susan sue susie suzanne susanna
syed sayed said saeed sayeed saiid
thomas tom tommy tomasz
timothy tim timmy
theresa teresa terry tess
tyrone ty
victoria vicky vicki
vincent vince
william will bill billy liam
yusuf yousef youssef yousuf yusef yuusuf
yasmin yasmine jasmine jasmin
zainab zaynab zeinab zaineb zeynep seynab
zachary zach zack
moses moshe musa mousa muuse
aaron aron aharon harun haroon
abigail abbie abby
""".strip()

TITLES = (
    *("mr", "mrs", "ms", "miss", "mx", "dr", "prof", "professor", "rev", "revd", "reverend", "sir", "lady", "lord"),
    *("dame", "master", "cllr", "capt", "major", "messrs", "mstr", "fr"),
)
SURNAME_PARTICLES = (
    *("de", "da", "do", "dos", "das", "di", "del", "della", "van", "von", "der", "den", "el", "al", "bin", "ibn"),
    *("bint", "ben", "le", "la", "st", "o", "mac", "mc", "ter", "ten", "abu", "ap", "san", "santa"),
)


def spellings() -> pa.Table:
    """One row for each (name, group): a name may stand in several groups, such as Pat."""
    rows = [(name, number) for number, line in enumerate(_GROUPS.splitlines()) for name in sorted(set(line.split()))]
    return pa.table({"name": [row[0] for row in rows], "name_group": pa.array([row[1] for row in rows], pa.int32())})
