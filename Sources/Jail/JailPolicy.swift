internal import CJailPolicy
