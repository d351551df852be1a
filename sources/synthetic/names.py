"""Forenames and surnames by heritage: girls, boys, surnames. All are common names; none is a person."""

from __future__ import annotations

from typing import NamedTuple


class Pool(NamedTuple):
    female: tuple[str, ...]
    male: tuple[str, ...]
    surnames: tuple[str, ...]


def _pool(female: str, male: str, surnames: str) -> Pool:
    return Pool(tuple(female.split()), tuple(male.split()), tuple(s.replace("_", " ") for s in surnames.split()))


POOLS: dict[str, Pool] = {
    "british": _pool(
        "Amelia Olivia Emily Grace Sophie Charlotte Lucy Ella Chloe Jessica Hannah Rebecca Sarah Emma Laura Katherine"
        " Elizabeth Victoria Rachel Gemma Stacey Kelly Michelle Joanne Alice Daisy Poppy Freya Isla Evie Ruby Siân Zoë",
        "Oliver George Harry Jack William Thomas James Daniel Joseph Samuel Matthew Christopher Michael David Robert"
        " Andrew Stephen Mark Paul Lee Ryan Liam Jake Connor Alfie Archie Theodore Henry Arthur Edward Benjamin",
        "Smith Jones Taylor Brown Williams Wilson Johnson Davies Robinson Wright Thompson Evans Walker White Roberts"
        " Green Hall Wood Jackson Clarke Harris Cooper King Turner Hill Moore Parker Cook Bennett Carter Mitchell Shaw"
        " Bailey Collins Marsh Fletcher Palmer Webb Barnes Holland Pearce Dixon Hunt Ellis Chapman Lane Day Rhodes",
    ),
    "irish": _pool(
        "Aoife Ciara Niamh Siobhán Orla Sinéad Róisín Maeve Bridget Kathleen Nora Eileen",
        "Patrick Sean Conor Declan Eoin Cormac Brendan Padraig Fergus Michael Niall Rory",
        "O'Brien Murphy Kelly O'Sullivan Walsh Byrne Ryan O'Connor O'Neill Doyle McCarthy Gallagher Doherty Kennedy",
    ),
    "traveller": _pool(
        "Margaret Bridget Mary Kathleen Nora Winifred Barbara Ann",
        "John Martin Michael Patrick Tom Jimmy Edward Francis",
        "Ward Connors McDonagh Maughan Mongan Stokes Cash Doran Joyce Sweeney",
    ),
    "roma": _pool(
        "Denisa Lavinia Florica Narcisa Violeta Ramona Mirela Esmeralda",
        "Florin Marius Ionuț Costel Gheorghe Nelu Rudolf Samir",
        "Lăcătuș Ciuraru Radu Balog Horváth Stan Căldăraru Rostaș Moldovan",
    ),
    "east_european": _pool(
        "Agnieszka Katarzyna Magdalena Zofia Oliwia Julia Natalia Elena Ioana Andreea Daria Viktoria Ivana Kamila",
        "Jakub Piotr Tomasz Łukasz Paweł Marek Andrei Alexandru Mihai Dimitar Ivan Stefan Filip Oskar",
        "Kowalski Nowak Wiśniewski Wójcik Lewandowski Popescu Ionescu Dumitru Petrov Ivanov Georgiev Kovács Novák"
        " Szabó",
    ),
    "turkish": _pool(
        "Ayşe Fatma Elif Zeynep Merve Esra Hatice Emine Yağmur Defne Melek Sevgi Gülşen Özlem",
        "Mehmet Mustafa Ahmet Ali Hüseyin Emre Burak Serhat Cem Kemal Deniz Yusuf Hasan Umut",
        "Yilmaz Kaya Demir Şahin Çelik Yildiz Aydin Öztürk Arslan Doğan Kiliç Aslan Çetin Kara Erdoğan Koç",
    ),
    "iberian": _pool(
        "Maria Ana Inês Beatriz Sofía Lucía Carmen Isabel Catarina Joana Camila Valentina Ximena Daniela",
        "João Pedro Tiago Diego Santiago Mateo José Luis Carlos Rui Miguel André Rafael Alejandro",
        "Silva Santos Ferreira Pereira Costa García Rodríguez Martínez López Gómez Sánchez Ramírez Torres Gonçalves"
        " Fernandes Almeida Quispe Restrepo",
    ),
    "jewish": _pool(
        "Chaya Rivka Sarah Leah Esther Miriam Devorah Rachel Malka Hadassah",
        "Moshe Yosef Avrum Chaim Shlomo Yakov Mendel Dovid Aron Shmuel",
        "Cohen Levy Friedman Weiss Gluck Stern Klein Goldberg Rosenberg Katz Adler",
    ),
    "indian": _pool(
        "Priya Anjali Asha Kavita Meera Neha Pooja Radhika Sunita Divya Isha Aanya",
        "Arjun Rahul Vikram Rohan Sanjay Amit Dev Nikhil Ravi Krishna Aarav Kiran",
        "Patel Shah Sharma Mehta Singh Kaur Gupta Desai Joshi Reddy Iyer Nair Kumar Rao",
    ),
    "pakistani": _pool(
        "Ayesha Fatima Zainab Saima Nadia Sana Hira Maryam Bushra Rabia Iqra Amna",
        "Ahmed Usman Bilal Hassan Imran Faisal Hamza Tariq Zain Adeel Kashif Omar",
        "Khan Malik Hussain Ahmed Iqbal Mahmood Akhtar Butt Chaudhry Raja Mirza Sheikh Arshad Akram",
    ),
    "bangladeshi": _pool(
        "Rahima Nasima Jahanara Shirin Taslima Sultana Rumena Habiba Fahmida Tahmina Juheda Nazia",
        "Mohammed Abdul Shahid Rafiq Kamal Jamal Azizur Faruk Nazrul Tanvir Mizan Shafiq",
        "Begum Khatun Akter Miah Uddin Ali Rahman Islam Hoque Chowdhury Choudhury Bibi Sultana Ahmed",
    ),
    "other_asian": _pool(
        "Linh Mai Thuy Lan Jasmine Angelica Sunita Nirmala Shanthi Farzana Mahsa Laleh Yuki Ji-woo",
        "Minh Vinh Long Hung Joshua Angelo Bishnu Ramesh Suresh Karim Navid Reza Kenji Min-jun",
        "Nguyen Tran Phung Pham Le Santos Reyes Cruz Gurung Thapa Rai Tamang Ahmadi Rahimi Sivakumar Tanaka Kim",
    ),
    "chinese": _pool(
        "Mei Ling Xiu Yan Jing Hui Xia Yu Jenny Fang Wen Lihua",
        "Wei Jun Ming Hao Lei Jian Rong Hok Kin Bo Tao Yong",
        "Chen Wong Li Zhang Wang Liu Lin Huang Chan Cheung Lau Guo Ng Ho",
    ),
    "caribbean": _pool(
        "Shanice Keisha Lavern Marcia Jasmine Tanisha Kezia Monique Naomi Simone Chantelle Yvonne Tiana Aaliyah",
        "Shaquille Omari Jermaine Devonte Leroy Marlon Tyrone Kemar Andre Curtis Isaiah Malachi Winston Trevor",
        "Campbell Brown Williams Grant Reid Francis Morgan Gordon Bailey Samuels Clarke McKenzie McDonald Cumberbatch"
        " Henry Johnson Powell Thomas Lewis Baptiste Joseph Charles",
    ),
    "nigerian": _pool(
        "Folake Adaeze Chioma Ngozi Temitope Yetunde Amaka Bukola Funmilayo Ifeoma Sade Mofeoluwa",
        "Adekunle Chinedu Emeka Oluwaseun Tunde Babatunde Ikenna Obinna Segun Femi Kayode Uche",
        "Adeyemi Okafor Okonkwo Balogun Eze Odusanya Anifowoshe Ogunleye Nwosu Makinde Olawale Adebayo Ibe Bello",
    ),
    "ghanaian": _pool(
        "Abena Akosua Ama Efua Esi Adwoa Afia Yaa Gifty Comfort Mercy Grace",
        "Kwame Kofi Yaw Kwabena Kojo Kwasi Ebo Nana Isaac Emmanuel Samuel Daniel",
        "Mensah Owusu Boateng Asante Ofori Appiah Amoah Osei Addo Agyeman Sarpong Darko Quaye",
    ),
    "somali": _pool(
        "Hodan Sagal Ifrah Amina Halima Hibo Fadumo Sahra Ayaan Khadija Ubah Najma",
        "Abdi Sharmarke Mohamed Ibrahim Abdullahi Yusuf Liban Mahad Guled Ismail Warsame Bashir",
        "Ali Mohamed Abdi Hassan Ahmed Ibrahim Omar Yusuf Jama Warsame Farah Cabdi Abdullahi Mahad",
    ),
    "congolese": _pool(
        "Grâce Divine Merveille Chantal Béatrice Nadège Esther Selam Rahel Tigist",
        "Christian Junior Patrick Trésor Dieudonné Yonas Dawit Abel Samuel Hervé",
        "Mukendi Kabongo Ilunga Tshibanda Kalala Tesfaye Haile Bekele Diallo Traoré Koné Sesay Kamara",
    ),
    "arab": _pool(
        "Noor Layla Yasmin Rania Hanan Salma Dina Huda Mariam Zahra Samira Souad",
        "Youssef Karim Tariq Khaled Samir Hicham Rachid Bilal Mustafa Ammar Zaid Nabil",
        "Al-Hassan Haddad Mansour Saleh El-Amin Benali Bouzid Khalil Nasser Hamdan Aziz Abdullah",
    ),
}

NICKNAMES: dict[str, str] = {
    "Elizabeth": "Liz",
    "Katherine": "Kate",
    "Rebecca": "Becky",
    "Victoria": "Vicky",
    "Jessica": "Jess",
    "Christopher": "Chris",
    "Michael": "Mick",
    "William": "Bill",
    "Robert": "Bob",
    "Daniel": "Danny",
    "Thomas": "Tom",
    "Matthew": "Matt",
    "Samuel": "Sam",
    "Benjamin": "Ben",
    "Edward": "Ted",
    "Mohammed": "Md",
    "Mohamed": "Mohammed",
    "Abdullahi": "Abdi",
    "Margaret": "Peggy",
    "Patrick": "Paddy",
    "Magdalena": "Magda",
    "Katarzyna": "Kasia",
    "Alexandru": "Alex",
    "Temitope": "Temi",
    "Oluwaseun": "Seun",
    "Babatunde": "Tunde",
    "Emmanuel": "Emma",
    "Alejandro": "Alex",
    "Jahanara": "Jahan",
}

HOSTILE: tuple[tuple[str, str], ...] = (
    ("Amelia", '=HYPERLINK("http://x.example")'),
    ("<script>alert(1)</script>", "Marsh"),
    ("Robert'); DROP TABLE pupils;--", "Tables"),
    ("Aoife", "O'Brien"),
    ("+44 Zoë", "D'Arcy-Ngûgi"),
    ("José", "Núñez, Jr"),
)
"""Names that a spreadsheet, a browser or a database might take for an order. They do turn up."""
