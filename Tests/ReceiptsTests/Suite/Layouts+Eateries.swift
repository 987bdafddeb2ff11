extension Layouts {
  static let eateries: [Layout] = [
    Layout(
      name: "service charge and tax on top",
      company: "Kafe Hujan Emas",
      date: "2018-05-14",
      total: "62.70",
      text: """
        Kafe Hujan Emas
        (Dikendali oleh Emas Ventures)
        G-12, The Strand Mall, 47810 Petaling Jaya
        Tel 03-6140 0000
        Table 12   Pax 3
        14MAY2018 13:05
        2 Nasi Lemak Special   31.80
        1 Laksa                14.90
        3 Teh Tarik            10.50
        Sub Total              57.20
        10% Serv Chg            5.72
        0% GST                  0.00
        Rounding               -0.02
        Nett                   62.90
        Voucher               -0.20
        Amount Due             62.70
        Cash                   70.00
        Change                  7.30
        """
    ),
    Layout(
      name: "fast food, total includes tax",
      company: "BINTANG RESTAURANTS SDN BHD",
      date: "2017-05-13",
      total: "30.90",
      text: """
        BINTANG RESTAURANTS SDN BHD
        (65000-M)
        Level 4, Bangunan TK, 47400 Petaling Jaya
        (GST ID NO: 000504000000)
        TAX INVOICE
        MFY Side 1
        ORD #36 -REG #12- 13/05/2017 18:23:11
        QTY ITEM                TOTAL
        1 Beef Burger Set L     14.50
        2 Ayam Goreng 2pc       16.40
        Eat-In Total (incl GST) 30.90
        Total Rounded           30.90
        Cash Tendered           51.00
        Change                  20.10
        TOTAL INCLUDES 6% GST    1.75
        Thank You and Please Come Again.
        """
    ),
    Layout(
      name: "coffee with a member card",
      company: "RUMAH KOPI BINTANG SDN BHD",
      date: "2018-03-16",
      total: "18.10",
      text: """
        RUMAH KOPI BINTANG SDN BHD
        (Reg No 450000-U)
        Sunway Velocity 16-03-18
        Chk 6017 Mar16'18 05:18PM
        1 Latte Grande        14.20
        1 Butter Croissant     5.90
        Card Discount 10%      2.01
        Subtotal              18.09
        Total                 18.09
        Rounding Adj           0.01
        Net Total             18.10
        Stored Value Card     18.10
        Card balance          41.90
        """
    ),
    Layout(
      name: "bill with the date glued to the year and a subtotal inclusive of tax",
      company: "RESTORAN TIGA SAUDARA",
      date: "2018-03-27",
      total: "21.95",
      text: """
        RESTORAN TIGA SAUDARA
        002043000000
        No. 2, Jalan Temenggung 19/9,
        Bandar Mahkota Cheras, 43200 Cheras
        TAX INVOICE
        Table 22
        Bill#: V001-540834
        Cashier: Thila
        27MAR 2018  12:45:20
        Teh (B)        1   2.20   2.20
        Cham (B)       1   2.20   2.20
        Bunga Kekwa    1   1.85   1.85
        Nasi Campur    1  15.70  15.70
        Total Excluding GST      20.71
        GST payable (6%)          1.24
        Total Inclusive of GST   21.95
        TOTAL :                  21.95
        CASH :                   22.00
        CHANGE :                  0.05
        """
    ),
    Layout(
      name: "total in Malay",
      company: "WARUNG PAK LONG",
      date: "2018-08-17",
      total: "23.50",
      text: """
        WARUNG PAK LONG
        JALAN PANTAI, 20000 KUALA TERENGGANU
        TARIKH: 17 OGOS 2018
        NASI DAGANG  2  6.00  12.00
        SATAY       10  1.00  10.00
        TEH O        1  1.50   1.50
        JUMLAH BESAR   RM 23.50
        TUNAI          RM 50.00
        BAKI           RM 26.50
        """
    ),
  ]
}
