/// Receipts of our own making in the layouts that shops of the region print, for what the parser was not written with.
struct Layout: Sendable {
  let name: String
  let company: String
  let date: String
  let total: String
  let text: String
}

enum Layouts {
  static let all: [Layout] = shops + eateries + documents

  static let shops: [Layout] = [
    Layout(
      name: "amounts in dollars, total before tax is mentioned",
      company: "MELATI INTERNATIONAL SDN BHD",
      date: "2018-05-22",
      total: "8.20",
      text: """
        MELATI INTERNATIONAL SDN BHD
        (867000-U)
        12, Jalan Tanjung 7/4,Kawasan Perindustrian
        Tanjung,81200 Johor Bahru,Johor
        (GST Reg. No : 000689000000)
        2018-05-22 20:24:05
        TAX INVOICE
        Invoice # : OR18052202170018
        Item                     Qty      Total
        SR I00100000031- 1 Vege
        $1.10                     1      $1.10
        SR I00100000015- 3 Vege
        $4.22                     1      $4.22
        SR I00100000170- Imported Vege
        $2.88                     1      $2.88
        Total Amount:                   $8.20
        GST @6%:                        $0.46
        Nett Total:                     $8.20
        Payment Mode    Amount
        CASH                            $10.20
        Change                          $2.00
        GST Summary   Amount($)   Tax($)
        SR = GST @6%     7.74        0.46
        GST REG #000689000000
        BAR WANG RICE@PERMAS JAYA
        """
    ),
    Layout(
      name: "time before the date, tax marks at the prices",
      company: "88 SELASIH MART S/B",
      date: "2018-05-14",
      total: "5.99",
      text: """
        88 SELASIH MART S/B (519000-X)
        LOT P.T. 2811, JALAN ANGGERIK,
        TAMAN BERINGIN
        41150 KLANG, SELANGOR
        1243-JLN MERANTI
        GST ID. NO : 000181000000
        INVOICE NO : 18255/102/T0362
        08:53PM   568769    14-05-18
        4902 PERANGSANG BISKUT          RM5.99 S
        TOTAL SALES (INCLUSIVE GST) RM    5.99
        CASH                        RM   10.00
        CHANGE                      RM    4.01
        GST SUMMARY      AMOUNT(RM) TAX(RM)
        S = 6%               5.65     0.34
        Thank You. Please come again.
        """
    ),
    Layout(
      name: "rounding on top, savings below, month by name",
      company: "PASARAYA TERATAI SDN. BHD.",
      date: "2018-02-28",
      total: "47.35",
      text: """
        PASARAYA TERATAI SDN. BHD.
        CO. REG NO: 126000-X
        AEROPOLIS, 2ND FLOOR, JALAN TUNKU
        GST REG NO : 002017000000
        28 FEB 2018 18:25:40  #0003 T015
        CASHIER : 000123 SITI
        MILK POWDER 1KG            32.90 S
        FACIAL TISSUE 4X            8.46 S
        TELUR GRED B 10              5.98 Z
        ITEM COUNT  3
        SUBTOTAL                   47.34
        TOTAL SALES INCL GST       47.34
        ROUNDING ADJ                0.01
        TOTAL AFTER ADJ INCL GST   47.35
        CASH                      100.00
        CHANGE                     52.65
        YOU HAVE SAVED             12.00
        GST SUMMARY
        S @6%   39.02   2.34
        Z @0%    5.98   0.00
        MEMBER POINTS  47
        """
    ),
    Layout(
      name: "a date without separators, total below its word",
      company: "KEDAI UBAT SERI WANGI",
      date: "2018-03-04",
      total: "36.80",
      text: """
        KEDAI UBAT SERI WANGI
        (IP0330000-H)
        37, JALAN BUNGA RAYA, 31000 BATU GAJAH
        TEL : 05-366 0000
        CASH SALES
        DATE : 20180304  TIME : 11:02
        1 VITAMIN C 1000MG    24.90
        1 PLASTER             11.90
        TOTAL (RM)
        36.80
        CASH (RM)
        50.00
        CHANGE (RM)
        13.20
        """
    ),
    Layout(
      name: "hardware shop, quantities with decimals, grand total",
      company: "SYARIKAT KEMUNCUP HARDWARE",
      date: "2017-01-13",
      total: "113.30",
      text: """
        SYARIKAT KEMUNCUP HARDWARE (81000-A)
        NO 290, JALAN AIR PANAS,
        SETAPAK, 53200 KUALA LUMPUR.
        GST REG NO: 000750000000
        TAX INVOICE
        Invoice No : CS 20242     13-Jan-17
        PVC PIPE 20MM
        10.00 LEN X 5.30   53.00 SR
        CEMENT 50KG
        3.00 BAG X 17.95   53.85 SR
        Sub Total        106.85
        Total GST 6%       6.41
        Rounding Adj       0.04
        GRAND TOTAL   RM 113.30
        Cash          RM 120.00
        Change        RM   6.70
        """
    ),
    Layout(
      name: "fuel, three decimals, card",
      company: "STESEN MINYAK DAMAI SDN BHD",
      date: "2018-06-29",
      total: "60.00",
      text: """
        STESEN MINYAK DAMAI SDN BHD
        CO. REG NO 1130000-V
        LOT 1000 JLN KUCHING 51200 KL
        SITE : 1203
        29/06/18 07:41 INV 50000123
        PUMP 05 27.27 LITRE
        RON95 2.200 RM/LITRE
        60.00 C
        TOTAL RM 60.00
        MASTERCARD RM 60.00
        XXXX XXXX XXXX 1234
        APPROVAL CODE 029111
        C RELIEF 56.60 0.00
        """
    ),
    Layout(
      name: "book shop with member savings",
      company: "TAMAN ILMU BOOK CO. (M) SDN BHD",
      date: "2016-12-29",
      total: "20.10",
      text: """
        TAMAN ILMU BOOK CO. (M) SDN BHD
        (Co. No. 113000-W)
        (GST Reg No. 001492000000)
        No. 8, Jalan 7/118B, Desa Tun
        56000 Kuala Lumpur, Malaysia
        Aeon Taman Mutiara
        Tel : 03-6277 0000
        29/12/16 20:36  Slip No. 8020188757
        Trans: 173210
        STAPLER NO 10        4.90 T
        ART PAPER A3    3 PC @ 5.50   16.50 T
        Member Discount     -1.28
        Total RM Incl. of GST   20.12
        Rounding Adj           -0.02
        Total RM                20.10
        Cash                    50.00
        CHANGE                  29.90
        Item Count 4
        GST Summary  Amount(RM)  Tax(RM)
        T @ 6%  18.98  1.14
        Total Savings -1.28
        """
    ),
  ]

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

  static let documents: [Layout] = [
    Layout(
      name: "a bakery's delivery with exchanged goods",
      company: "KEBUN ROTI BAKERIES (KL) SDN BHD",
      date: "2017-12-22",
      total: "51.10",
      text: """
        KEBUN ROTI BAKERIES (KL) SDN BHD (139000-K)
        Lot 3, Jalan Pelabur 23/1,
        40300 Shah Alam, Selangor.
        Tel: 03- 5542000
        TAX INVOICE / ADJUSTMENT NOTE
        Cash Inv No.: 7825F713    DATE: 22/12/2017
        VE05: Ridzuan(30500000) 22/12/2017 09:41:00
        Description  U.P  Issu Exc D Sales  Value
        O.C. WHITE   2.13   13   0   13   27.69
        WHOLEMEAL    2.78    6   1    5   13.90
        O.C. JUMBO   3.17    3   0    3    9.51
        Total 0% supplies:             51.10
        Total 6% supplies (Inc. GST):   0.00
        Total Payable:                 51.10
        E.&.O.E.
        Received above goods in good order condition.
        """
    ),
    Layout(
      name: "invoice of a printer, total sales with tax, dates with points",
      company: "CETAK MAJU ENTERPRISE",
      date: "2018-04-05",
      total: "190.80",
      text: """
        CETAK MAJU ENTERPRISE
        (002171000-A)
        27A, Jalan SS 15/4, 47500 Subang Jaya
        INVOICE
        No. INV-1804-033
        Date 05.04.2018
        Terms C.O.D.
        Name cards 2 boxes 90.00 180.00
        Total Excl. GST RM 180.00
        GST 6% RM 10.80
        Total Amt Payable RM 190.80
        Paid Amount RM 200.80
        Change RM 10.00
        """
    ),
    Layout(
      name: "parking",
      company: "KOTA PARKING SERVICES",
      date: "2018-01-28",
      total: "4.00",
      text: """
        KOTA PARKING SERVICES
        TAX INVOICE
        GST NO 001120000000
        ENTRY 28-01-2018 10:02:11
        EXIT  28-01-2018 12:41:03
        PARKING FEE        3.77
        GST (6%)           0.23
        TOTAL AMOUNT       4.00
        CASH               5.00
        CHANGE             1.00
        """
    ),
    Layout(
      name: "courier with a courier's weight",
      company: "POS PANTAS BERHAD",
      date: "2017-09-06",
      total: "7.40",
      text: """
        POS PANTAS BERHAD
        Company No: 229000-T
        Wed, 06 Sep 2017 15:04
        1 X PARCEL 0.500 KG
        POSTAGE            6.98
        GST 6%             0.42
        ROUND OFF          0.00
        TOTAL (INC. GST)   7.40
        PAYMENT CASH      10.00
        CHG                2.60
        """
    ),
  ]
}
