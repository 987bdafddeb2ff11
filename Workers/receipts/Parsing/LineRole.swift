/// What a line of figures is, by the words in it.
enum LineRole: Sendable, Equatable {
  /// What is to be paid; the more certain the wording, the higher the weight.
  case total(weight: Double)
  case subtotal
  case tax
  case rounding
  case serviceCharge
  case discount
  case payment(isCard: Bool)
  case change
  /// How many things were bought.
  case count
  /// Heads a table of taxes; what follows is no total.
  case taxSummary
  /// Says something else that looks like one of these.
  case other

  /// From the first rule whose words a line has and whose exceptions it lacks; nil when there is none.
  static func of(_ line: ReceiptLine) -> LineRole? {
    let letters = line.letters
    guard letters.count >= 2 else { return nil }
    for rule in rules where Keywords.containsAny(letters, rule.words) {
      if rule.unless.isEmpty || !Keywords.containsAny(letters, rule.unless) { return rule.role }
    }
    return nil
  }

  private struct Rule {
    let role: LineRole
    let words: [String]
    var unless: [String] = []
  }

  /// The order is the precedence: what contains a keyword of another role, but means something of its own, comes first.
  private static let rules: [Rule] = [
    Rule(role: .taxSummary, words: ["GSTSUMMARY", "TAXSUMMARY", "SSTSUMMARY", "VATSUMMARY", "GSTANALYSIS", "TAXCODE"]),
    Rule(
      role: .other,
      words: [
        "TAXINVOICE", "CASHBILL", "CASHSALE", "CASHINVOICE", "CASHIER", "EXCHANGE0", "GSTID0", "GSTNO0", "GSTREG",
        "REGNO0",
        "TAXID0", "VATNO0", "INVOICENO", "POINTS", "YOUSAVE", "TOTALSAVING", "LOYALTY", "THANKYOU", "RETURNABLE",
        "REFUND", "BANKACC",
      ],
      unless: ["TOTALAMOUNT", "GRANDTOTAL", "TOTALINC"]
    ),
    Rule(
      role: .count,
      words: ["TOTALQTY", "TOTALQUANTITY", "TOTALITEM", "ITEMCOUNT", "QTYCOUNT", "NOOFITEM", "ITEMSQTY", "NOITEMS"]
    ),
    Rule(role: .total(weight: 2.5), words: ["TOTALROUNDED", "ROUNDEDTOTAL", "AMTROUNDED", "AFTERROUND"]),
    Rule(
      role: .rounding,
      words: ["ROUNDING", "ROUNDADJ", "RNDADJ"],
      unless: ["TOTALINC", "GRANDTOTAL", "BEFOREROUND"]
    ),
    Rule(role: .change, words: ["CHANGE", "BAKI", "BALANCE"], unless: ["BALANCEDUE", "BALANCETOPAY", "CHARGE0"]),
    Rule(role: .payment(isCard: false), words: ["TOTALPAID", "TOTALTENDER", "TOTALPAYMENT", "AMOUNTPAID"]),
    Rule(role: .tax, words: ["INCLUDEDINTOTAL"]),
    Rule(
      role: .subtotal,
      words: [
        "SUBTOTAL2", "TOTALEXC", "EXCLUDING1", "EXCLUSIVE1", "EXCLGST", "EXCLTAX", "EXCGST", "EXCLOFGST", "BEFORETAX",
        "BEFOREGST",
        "TAXABLE", "TOTALEX", "AMOUNTEXC",
      ],
      unless: ["INCLUSIVE0", "INCLUDING0"]
    ),
    Rule(role: .serviceCharge, words: ["SERVICECHARGE", "SVCCHARGE", "SVCCHG", "SERVICECHG"]),
    Rule(
      role: .total(weight: 2.5),
      words: [
        "GRANDTOTAL", "TOTALDUE", "AMOUNTDUE", "BALANCEDUE", "NETTTOTAL", "NETTOTAL", "TOTALPAYABLE", "AMOUNTPAYABLE",
        "AMTPAYABLE",
        "TOTALINCL", "TOTALINC", "INCLUSIVE", "TOTALTOPAY", "BALANCETOPAY", "TOTALGROSS", "JUMLAHBESAR",
      ],
      unless: ["DISCOUNT"]
    ),
    Rule(role: .discount, words: ["DISCOUNT", "VOUCHER", "REBATE", "COUPON"]),
    Rule(
      role: .tax,
      words: ["TOTALTAX", "TAXTOTAL", "TOTALGST", "GSTTOTAL", "TOTALSST", "TOTALVAT", "SERVICETAX", "SALESTAX"]
    ),
    Rule(
      role: .total(weight: 2),
      words: ["TOTALAMOUNT", "TOTALAMT", "TOTALSALES", "TOTALRM", "NETTAMOUNT", "NETAMOUNT"]
    ),
    Rule(role: .total(weight: 1.8), words: ["TOTAL", "JUMLAH"]),
    Rule(role: .tax, words: ["GST", "TAX", "SST", "VAT", "CUKAI"]),
    Rule(
      role: .payment(isCard: true),
      words: [
        "VISA", "MASTERCARD", "DEBITCARD", "CREDITCARD", "AMEX", "MYDEBIT", "MAESTRO", "EWALLET", "GRABPAY", "TOUCHNGO",
      ]
    ),
    Rule(role: .payment(isCard: false), words: ["CASH", "TENDER", "PAYMENT", "RECEIVED", "PAID", "TUNAI"]),
  ]
}
