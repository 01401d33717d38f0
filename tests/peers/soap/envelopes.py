"""Looks into SOAP envelopes, whoever wrote them."""
from lxml import etree

XSI = "http://www.w3.org/2001/XMLSchema-instance"


def renamed(envelope):
    """The request of an operation `Echo` as its response."""
    root = etree.fromstring(envelope)
    element = list(root[-1])[0]
    element.tag = element.tag.replace("Echo", "EchoResponse") if "Response" not in element.tag else element.tag
    return etree.tostring(root)


def body_of(envelope):
    """What stands in the Body."""
    return normal(list(etree.fromstring(envelope)[-1])[0])


def normal(element):
    """What an element says, whatever prefixes and blanks it says it with."""
    attributes = {}
    for name, value in element.attrib.items():
        if name == "{%s}type" % XSI and ":" in value:
            prefix, local = value.split(":")
            value = "{%s}%s" % (element.nsmap[prefix], local)
        elif name == "{%s}type" % XSI:
            value = "{%s}%s" % (element.nsmap.get(None), value)
        attributes[name] = value
    children = [normal(child) for child in element]
    text = (element.text or "") if not children else ""
    return element.tag, sorted(attributes.items()), text, children
