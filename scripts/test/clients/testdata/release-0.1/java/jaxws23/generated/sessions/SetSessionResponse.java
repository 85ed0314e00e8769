
package sessions;

import javax.xml.bind.JAXBElement;
import javax.xml.bind.annotation.XmlAccessType;
import javax.xml.bind.annotation.XmlAccessorType;
import javax.xml.bind.annotation.XmlElementRef;
import javax.xml.bind.annotation.XmlRootElement;
import javax.xml.bind.annotation.XmlType;


/**
 * <p>Java class for anonymous complex type.
 * 
 * <p>The following schema fragment specifies the expected content contained within this class.
 * 
 * <pre>
 * &lt;complexType&gt;
 *   &lt;complexContent&gt;
 *     &lt;restriction base="{http://www.w3.org/2001/XMLSchema}anyType"&gt;
 *       &lt;sequence&gt;
 *         &lt;element name="setSessionResult" type="{urn:memcached-soap:session:v1}SessionRef" minOccurs="0"/&gt;
 *       &lt;/sequence&gt;
 *     &lt;/restriction&gt;
 *   &lt;/complexContent&gt;
 * &lt;/complexType&gt;
 * </pre>
 * 
 * 
 */
@XmlAccessorType(XmlAccessType.FIELD)
@XmlType(name = "", propOrder = {
    "setSessionResult"
})
@XmlRootElement(name = "setSessionResponse")
public class SetSessionResponse {

    @XmlElementRef(name = "setSessionResult", namespace = "urn:memcached-soap:session:v1", type = JAXBElement.class, required = false)
    protected JAXBElement<SessionRef> setSessionResult;

    /**
     * Gets the value of the setSessionResult property.
     * 
     * @return
     *     possible object is
     *     {@link JAXBElement }{@code <}{@link SessionRef }{@code >}
     *     
     */
    public JAXBElement<SessionRef> getSetSessionResult() {
        return setSessionResult;
    }

    /**
     * Sets the value of the setSessionResult property.
     * 
     * @param value
     *     allowed object is
     *     {@link JAXBElement }{@code <}{@link SessionRef }{@code >}
     *     
     */
    public void setSetSessionResult(JAXBElement<SessionRef> value) {
        this.setSessionResult = value;
    }

}
