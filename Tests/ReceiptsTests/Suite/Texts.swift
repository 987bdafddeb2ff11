/// Receipts of our own making, after the habits of real ones.
enum Texts {
  /// Rows under a heading, tax on top, rounding to five cents.
  static let grocer = """
    KEDAI RUNCIT SELASIH
    (201901-K)
    NO. 8, JALAN MELUR 3, TAMAN BAIDURI,
    75300 MELAKA
    TEL: 06-555 0134
    TAX INVOICE
    Date: 17/05/2019   Time: 18:42:07
    ITEM               QTY   PRICE  AMOUNT
    ORANGE JUICE 1L      2    6.45   12.90
    CHICKEN RICE         1    8.50    8.50
    DISHWASHING LIQUID   1    5.93    5.93
    SUBTOTAL                         27.33
    SST 6%                            1.64
    ROUNDING                         -0.02
    TOTAL RM                         28.95
    CASH                             50.00
    CHANGE                           21.05
    THANK YOU
    """

  /// Names on lines of their own before the figures, the tax within the prices, a date with dashes at the end.
  static let hardware = """
    BENGKEL MAJU JAYA SDN. BHD.
    (CO. REG: 771234-W)
    LOT 12, JALAN PERINDUSTRIAN 4,
    43300 SERI KEMBANGAN
    INVOICE
    CLAW HAMMER 16OZ
    HM16-2 - 12
    9551234567890  1X  24.90  24.90
    MASKING TAPE 1 INCH
    9551234567891  3X  2.10  6.30
    Item(s) : 2   Qty(s) : 4
    TOTAL                RM 31.20
    GST 6% INCLUDED IN TOTAL  1.77
    VISA                 RM 31.20
    04-11-18 09:15  SH02
    EXCHANGE ALLOWED WITHIN 7 DAYS
    """

  /// Names after the figures, amounts beside a discount, a tax table at the end.
  static let stationer = """
    CAHAYA BOOKS & STATIONERY
    GST No. : 000123456789
    SIMPLIFIED TAX INVOICE
    Receipt No.: CS1801/1   Date: 3 MAR 2018
    ITEM  QTY  U/P  DISC%  AMOUNT
    9557000000011 1 20.00 10.00 18.00 *
    A4 PAPER 80GSM
    9557000000022 2 1.50 0.00 3.00 *
    GLUE STICK
    Total Qty. : 3    21.00
    SUB-TOTAL (EX) : 21.00
    TOTAL TAX : 1.26
    ROUNDING : -0.01
    TOTAL : 22.25
    CASH : 30.00
    CHANGE : 7.75
    GST SUMMARY
    TAX CODE % AMOUNT(RM) TAX(RM)
    SR 6.00 21.00 1.26
    TOTAL : 21.00 1.26
    """

  /// Month first, dollars, a service charge.
  static let diner = """
    Blue Heron Diner LLC
    400 Harbor Road
    Date 07/28/2021 12:05 PM
    2 Iced Tea 5.00
    1 Club Sandwich 11.50
    Subtotal 16.50
    Service Charge 10% 1.65
    Sales Tax 8% 1.32
    Amount Due $19.47
    Amount Paid $20.00
    Change $0.53
    """
}
