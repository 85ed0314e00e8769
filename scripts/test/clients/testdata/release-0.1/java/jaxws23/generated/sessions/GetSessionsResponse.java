
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
 *         &lt;element name="getSessionsResult" type="{urn:memcached-soap:session:v1}SessionList" minOccurs="0"/&gt;
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
    "getSessionsResult"
})
@XmlRootElement(name = "getSessionsResponse")
public class GetSessionsResponse {

    @XmlElementRef(name = "getSessionsResult", namespace = "urn:memcached-soap:session:v1", type = JAXBElement.class, required = false)
    protected JAXBElement<SessionList> getSessionsResult;

    /**
     * Gets the value of the getSessionsResult property.
     * 
     * @return
     *     possible object is
     *     {@link JAXBElement }{@code <}{@link SessionList }{@code >}
     *     
     */
    public JAXBElement<SessionList> getGetSessionsResult() {
        return getSessionsResult;
    }

    /**
     * Sets the value of the getSessionsResult property.
     * 
     * @param value
     *     allowed object is
     *     {@link JAXBElement }{@code <}{@link SessionList }{@code >}
     *     
     */
    public void setGetSessionsResult(JAXBElement<SessionList> value) {
        this.getSessionsResult = value;
    }

}
