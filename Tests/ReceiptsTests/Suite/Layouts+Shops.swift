extension Layouts {
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
}
