/// The words by which things are told apart. Data: the worker's setting `categories` adds to it.
///
/// English and Malay words as receipts print them, in capitals; several words are a phrase and say more than one.
enum CategoryTable {
  /// What nothing is known of.
  static let other = "other"

  static let words: [(category: String, words: [String])] = [
    (
      "food",
      [
        "RICE", "NASI", "NOODLE", "NOODLES", "MEE", "MIHUN", "BIHUN", "KUEY TEOW", "LAKSA", "BREAD", "ROTI", "BUN",
        "TOAST", "SANDWICH", "BURGER", "PIZZA", "PASTA", "SPAGHETTI", "CHICKEN", "AYAM", "BEEF", "DAGING", "PORK",
        "LAMB", "KAMBING", "FISH", "IKAN", "PRAWN", "UDANG", "SQUID", "SOTONG", "SEAFOOD", "EGG", "EGGS", "TELUR",
        "TOFU", "SOUP", "SUP", "SALAD", "VEGETABLE", "SAYUR", "FRUIT", "APPLE", "BANANA", "ORANGES", "GRAPES", "MANGO",
        "POTATO", "TOMATO", "ONION", "GARLIC", "CHEESE", "BUTTER", "YOGURT", "CAKE", "KEK", "PASTRY", "COOKIE",
        "COOKIES", "BISCUIT", "BISKUT", "CRACKER", "CHOCOLATE", "CANDY", "SWEETS", "GUM", "SNACK", "CHIPS", "CRISPS",
        "NUTS", "PEANUT", "PORRIDGE", "CEREAL", "OATS", "FLOUR", "SUGAR", "GULA", "SALT", "SAUCE", "SAMBAL", "CURRY",
        "SPICE", "COOKING OIL", "HONEY", "JAM", "ICE CREAM", "DESSERT", "SATAY", "DIM SUM", "DUMPLING", "FRIES",
        "NUGGET", "MUFFIN", "HOTCAKE", "HOTCAKES", "PANCAKE", "SAUSAGE", "HOT DOG", "MEAL", "LUNCH", "DINNER",
        "BREAKFAST", "SET MEAL", "FRIED", "GORENG", "ROAST", "ROASTED", "BRAISED", "STEAMED", "GRILLED", "MUSTARD",
        "CHICKEN RICE", "FISH BALL", "STEW", "STEAK", "WRAP", "KEBAB", "SUSHI", "RAMEN", "TART", "PIE", "PUDDING",
      ]
    ),
    (
      "beverage",
      [
        "WATER", "AIR MINERAL", "MINERAL WATER", "JUICE", "JUS", "COFFEE", "KOPI", "TEA", "TEH", "LATTE", "CAPPUCCINO",
        "ESPRESSO", "AMERICANO", "MOCHA", "MILO", "MILK", "SUSU", "COKE", "COLA", "PEPSI", "SPRITE", "SODA", "FANTA",
        "DRINK", "BEER", "WINE", "LIQUOR", "WHISKY", "VODKA", "SMOOTHIE", "SHAKE", "LEMONADE", "CORDIAL", "ISOTONIC",
        "100PLUS", "100 PLUS", "GREEN TEA", "ICED TEA", "TEH TARIK", "SOYA MILK", "COCONUT WATER", "COCOA",
        "MINUTE MAID",
        "ORANGE JUICE", "ICE LEMON TEA", "BARLEY", "BANDUNG", "SUMMER CUP",
      ]
    ),
    (
      "household",
      [
        "DETERGENT", "SOAP", "SABUN", "BLEACH", "CLEANER", "SPONGE", "BROOM", "MOP", "BUCKET", "BASIN", "TISSUE",
        "TOILET ROLL", "TOILET PAPER", "KITCHEN TOWEL", "TOWEL", "GARBAGE BAG", "PLASTIC BAG", "FOIL", "CLING FILM",
        "DISHWASH", "DISHWASHING", "SOFTENER", "AIR FRESHENER", "INSECTICIDE", "CANDLE", "BATTERY", "BATTERIES",
        "BULB", "LAMP", "LED", "LIGHT", "TABLE LAMP", "PLATE", "BOWL", "CUP", "MUG", "GLASS", "FORK", "SPOON", "KNIFE",
        "POT", "PAN", "CHOPPING BOARD", "HANGER", "PILLOW", "BEDSHEET", "CURTAIN", "CARPET", "MAT", "FURNITURE",
        "CHAIR", "TABLE", "SHELF", "HAMMER", "SCREWDRIVER", "WRENCH", "PLIERS", "DRILL", "SILICONE", "SEALANT", "PAINT",
        "BRUSH", "NAIL", "NAILS", "SCREW", "SCREWS", "BOLT", "CABLE TIE", "PIPE", "TAP", "HOSE", "SPRAYER", "LOCK",
        "PADLOCK", "PUNCH SET", "DUCT TAPE", "WIRE TAPE", "STRETCH FILM", "SOCKET", "PLUG TOP", "EXTENSION", "SWITCH",
        "TRACK LIGHT", "HANDKERCHIEF", "BOPP TAPE", "JOINT", "TOOL", "TOOLS", "HARDWARE",
      ]
    ),
    (
      "office",
      [
        "PAPER", "KERTAS", "A4", "PEN", "PENCIL", "PENSEL", "ERASER", "RULER", "MARKER", "HIGHLIGHTER", "NOTEBOOK",
        "BOOK", "BUKU", "EXERCISE BOOK", "FILE", "FOLDER", "ENVELOPE", "STAPLER", "STAPLES", "GLUE", "SUPER GLUE",
        "SCISSORS", "CLIP", "PAPER CLIP", "STICKER", "LABEL", "PRINT", "PRINTING", "PHOTOCOPY", "LAMINATE",
        "LAMINATING", "LAMINATING FILM", "BINDING", "TONER", "INK", "CARTRIDGE", "USB", "MOUSE", "KEYBOARD", "STAMP",
        "COLOR PAPER", "COLOUR PAPER", "MODELLING CLAY", "CRAYON", "STATIONERY", "CALCULATOR", "WHITEBOARD",
        "CORRECTION TAPE",
        "SCH BAG", "SCHOOL BAG", "POSTAGE",
      ]
    ),
    (
      "transport",
      [
        "PETROL", "DIESEL", "FUEL", "GASOLINE", "UNLEADED", "RON95", "RON97", "RON 95", "RON 97", "V-POWER", "V POWER",
        "PARKING", "TOLL", "TAXI", "CAB", "BUS", "TRAIN", "LRT", "MRT", "FERRY", "FLIGHT", "TICKET", "FARE", "RIDE",
        "TYRE", "TIRE", "TUBE", "TUBES", "ENGINE OIL", "BRAKE", "SPARK PLUG", "PLUG", "CAR WASH", "AUTO WASH", "WAX",
        "WINDSHIELD", "WINDSCREEN", "CAR", "MOTOR", "MOTORCYCLE", "HELMET", "COOLANT", "CARBURETOR", "TOUCH N GO",
        "LUBRICANT", "GREASE",
      ]
    ),
    (
      "health",
      [
        "MEDICINE", "UBAT", "PARACETAMOL", "PANADOL", "ASPIRIN", "IBUPROFEN", "TABLET", "TABLETS", "CAPSULE",
        "CAPSULES", "VITAMIN", "VITAMINS", "SUPPLEMENT", "BANDAGE", "PLASTER", "ANTISEPTIC", "OINTMENT", "COUGH SYRUP",
        "LOZENGE", "FACE MASK", "MASK", "SANITIZER", "HAND SANITIZER", "THERMOMETER", "CONSULTATION", "CLINIC",
        "DENTAL", "CONTACT LENS", "EYE DROPS", "FIRST AID",
      ]
    ),
    (
      "personal",
      [
        "SHAMPOO", "CONDITIONER", "TOOTHPASTE", "TOOTHBRUSH", "DEODORANT", "PERFUME", "LOTION", "COSMETIC", "LIPSTICK",
        "RAZOR", "SHAVER", "DIAPER", "DIAPERS", "PAMPERS", "SANITARY PAD", "COTTON BUD", "HAIRCUT", "HAIR", "BODY WASH",
        "SHOWER GEL", "FACIAL", "SUNSCREEN", "NAIL POLISH",
      ]
    ),
    (
      "clothing",
      [
        "SHIRT", "T-SHIRT", "TSHIRT", "BLOUSE", "DRESS", "SKIRT", "TROUSERS", "PANTS", "JEANS", "SHORTS", "JACKET",
        "SHOES", "SHOE", "KASUT", "SANDAL", "SANDALS", "SLIPPER", "SLIPPERS", "SOCKS", "HAT", "CAP", "BELT", "SCARF",
        "TUDUNG", "BAJU", "BAG", "HANDBAG", "UNDERWEAR", "UNIFORM",
      ]
    ),
    (
      "service",
      [
        "SERVICE", "WORKMANSHIP", "REPAIR", "LABOUR", "LABOR", "INSTALLATION", "DELIVERY", "LAUNDRY", "MEMBERSHIP",
        "SUBSCRIPTION", "PRIVILEGE CARD", "TOP UP", "TOPUP", "RELOAD", "PREPAID", "FEE", "RENTAL", "HOTEL", "ROOM",
      ]
    ),
  ]

  /// What a shop mostly sells, for things that have no word of their own.
  static let trades: [(category: String, words: [String])] = [
    (
      "food",
      [
        "RESTAURANT", "RESTAURANTS", "RESTORAN", "CAFE", "BISTRO", "KOPITIAM", "BAKERY", "BAKERIES", "DELIGHTS", "FOOD",
        "FOODS",
        "PIZZA", "KITCHEN", "CATERING", "SEAFOOD",
      ]
    ),
    ("beverage", ["COFFEE", "TEA", "STARBUCKS"]),
    ("household", ["HARDWARE", "D.I.Y", "D I Y", "FURNITURE", "LIGHTROOM", "ELECTRICAL", "HOME", "DECO"]),
    ("office", ["STATIONERY", "BOOK", "BOOKS", "PRINTING", "BOOKSTORE"]),
    (
      "transport",
      ["PETRO", "PETROL", "SHELL", "PETRONAS", "CALTEX", "BHPETROL", "MOTOR", "MOTORS", "PARKING", "TAXI", "AUTO"]
    ),
    ("health", ["PHARMACY", "FARMASI", "CLINIC", "KLINIK", "GUARDIAN", "DENTAL", "HOSPITAL"]),
    ("clothing", ["FASHION", "BOUTIQUE", "SHOES"]),
    ("service", ["HOTEL", "LAUNDRY", "TELECOM"]),
  ]
}
