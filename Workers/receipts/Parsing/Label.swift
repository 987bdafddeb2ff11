/// The words of a line that say what its figure is.
struct Label {
  private let letters: [UInt8]
  private let tokens: Set<String>
  let hasTotal: Bool

  init(_ line: ReceiptLine) {
    letters = line.letters
    tokens = Set(line.words)
    hasTotal = Keywords.containsAny(letters, ["TOTAL", "JUMLAH"]) || !tokens.isDisjoint(with: ["TTL", "TOTL", "TOTA"])
  }

  enum Meaning {
    case tax, taxAmount, table, points, saving, discount, count, counted, inTotal, subtotal, excluding, including
    case includes, rounding, rounded, beforeRounding, paid, card, due, grand, net, amount, supplies, with, change
    case service, document
  }

  func has(_ meaning: Meaning) -> Bool {
    let words = Self.words(meaning)
    return (!tokens.isDisjoint(with: words.short) || Keywords.containsAny(letters, words.long))
      && !Keywords.containsAny(letters, words.unless)
  }

  /// "Inclusive" looks like "exclusive": what is spelled decides.
  var isExcluding: Bool {
    guard has(.excluding) else { return false }
    return !has(.including) || Keywords.contains(letters, "EXC") && !Keywords.contains(letters, "INC")
  }

  /// Nothing but "amount" and a currency.
  var isAmountAlone: Bool {
    !tokens.isDisjoint(with: ["AMOUNT", "AMT", "AMAUN"])
      && tokens.subtracting(["AMOUNT", "AMT", "AMAUN", "RM", "MYR"]).isEmpty
  }

  private struct Words {
    /// In the letters of the line, nearly right.
    var long: [String] = []
    /// As whole words, exactly.
    var short: Set<String> = []
    var unless: [String] = []
  }

  private static func words(_ meaning: Meaning) -> Words {
    switch meaning {
    case .tax: Words(long: ["CUKAI", "GST", "TAX"], short: ["SST", "VAT", "CST", "OST", "6ST", "BST", "TAXES"])
    case .taxAmount: Words(long: ["GSTAMOUNT", "TAXAMOUNT", "GSTAMT0", "TAXAMT0", "AMOUNTOFGST", "AMOUNTOFTAX"])
    case .table: Words(long: ["SUMMARY", "ANALYSIS", "TAXCODE", "BREAKDOWN"])
    case .points: Words(long: ["POINTS", "LOYALTY", "STAMPS"], short: ["PTS"])
    case .saving: Words(long: ["YOUSAVE", "SAVING", "SAVED0"])
    case .discount:
      Words(long: ["DISCOUNT", "VOUCHER", "REBATE", "COUPON", "DISKAUN"], short: ["DISC"])
    case .count:
      Words(
        long: ["QUANTITY"],
        short: ["QTY", "ITEM", "ITEMS", "UNIT", "UNITS", "PCS", "PAX", "OTY", "ITEMSS", "ITEN", "ITENS", "GTY", "ATY"]
      )
    case .counted:
      Words(long: [
        "ITEMCOUNT", "QTYCOUNT", "NOOFITEM", "NUMBEROFITEM", "ITEMSQTY", "NOITEMS", "ITEMSSOLD", "NOQTY0", "TOTQTY0",
      ])
    case .inTotal: Words(long: ["INCLUDEDINTOTAL"])
    case .subtotal: Words(long: ["SUBTOTAL", "SUBTTL0", "TOTALTAXABLE0", "JUMLAHKECIL0"])
    case .excluding:
      Words(
        long: [
          "EXCLUDING", "EXCLUSIVE", "EXCLUDED", "EXCL0", "BEFORETAX", "BEFOREGST", "TAXABLE0", "WITHOUTGST",
          "WITHOUTTAX",
        ],
        short: ["EXC", "EX", "EXCLD"]
      )
    case .including:
      Words(
        long: ["INCLUSIVE", "INCLUDING", "INCLUDE", "INCL0", "TERMASUK"],
        short: ["INC", "INCT"]
      )
    case .includes: Words(long: ["TOTALINCLUDES0", "TOTALINCLUDED0"])
    case .rounding:
      Words(
        long: ["ROUNDING", "ROUNDADJ", "RNDADJ", "ADJUSTMENT", "ROUNDOFF", "PEMBUNDARAN"],
        short: ["ADJ", "ROUND", "RND", "RNDG"]
      )
    case .rounded: Words(long: ["ROUNDED"])
    case .beforeRounding: Words(long: ["BEFOREROUND", "BEFOREADJ"])
    case .paid:
      Words(
        long: ["CASH", "TENDERED", "TENDER", "PAYMENT", "RECEIVED", "TUNAI", "AMOUNTPAID", "TOTALPAID0", "BAYARAN"],
        short: ["PAID", "PAY", "CASN", "GASH", "TENDER"],
        unless: ["CASHIER0", "CASHLER0", "CASHTER0"]
      )
    case .card:
      Words(
        long: [
          "MASTERCARD", "DEBITCARD", "CREDITCARD", "BANKCARD", "MYDEBIT", "MAESTRO", "EWALLET", "GRABPAY", "TOUCHNGO",
        ],
        short: ["VISA", "AMEX", "MASTER", "DEBIT", "CREDIT", "MCARD"]
      )
    case .due:
      Words(long: ["AMOUNTDUE1", "BALANCEDUE1", "TOTALDUE", "PAYABLE", "TOPAY0", "AMTDUE"], unless: ["CHANGEDUE"])
    case .grand:
      Words(
        long: ["GRAND", "NETTTOTAL", "NETTOTAL", "TOTALNET", "FINAL", "KESELURUHAN"],
        short: ["NETT", "NET", "BESAR"]
      )
    case .net: Words(long: ["NETTAMOUNT", "NETAMOUNT", "NETTAMT0", "NETAMT0"], short: ["NETT"])
    case .amount:
      Words(long: ["AMOUNT", "SALES", "INVOICE"], short: ["AMT", "AMAUN", "RM", "AHT", "ANT", "BILL", "SALE"])
    case .supplies: Words(long: ["SUPPLIES", "SUPPLY"])
    case .with: Words(long: ["WITHGST", "WITHTAX", "AFTERGST", "AFTERTAX", "AFTERADJ", "AFTERDISC", "AFTERROUND"])
    case .change:
      Words(long: ["CHANGE", "BALANCE", "BAKI"], short: ["CHG", "CHNG"], unless: ["CHARGE0", "EXCHANGE0"])
    case .service:
      Words(
        long: ["SERVICECHARGE", "SVCCHARGE", "SVCCHG", "SERVICECHG", "SERVCHG", "SERVCHARGE"],
        short: ["SVC", "SERVICE"],
        unless: ["TAX"]
      )
    case .document:
      Words(long: [
        "TAXINVOICE", "CASHBILL", "CASHSALE", "CASHINVOICE", "CASHIER0", "CASHLER0", "CASHTER0", "EXCHANGE0", "GSTID0",
        "GSTNO0", "GSTREG",
        "REGNO0", "TAXID0", "VATNO0", "SSTNO0", "INVOICENO", "THANKYOU", "RETURNABLE", "REFUND", "BANKACC",
      ])
    }
  }
}
