extension Layouts {
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
