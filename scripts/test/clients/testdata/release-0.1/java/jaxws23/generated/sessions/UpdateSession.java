
package sessions;

import javax.xml.bind.JAXBElement;
import javax.xml.bind.annotation.XmlAccessType;
import javax.xml.bind.annotation.XmlAccessorType;
import javax.xml.bind.annotation.XmlElement;
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
 *         &lt;element name="id" type="{http://www.w3.org/2001/XMLSchema}string" minOccurs="0"/&gt;
 *         &lt;element name="set" type="{urn:memcached-soap:session:v1}EntryList" minOccurs="0"/&gt;
 *         &lt;element name="remove" type="{urn:memcached-soap:session:v1}KeyList" minOccurs="0"/&gt;
 *         &lt;element name="ttl" type="{http://www.w3.org/2001/XMLSchema}int"/&gt;
 *         &lt;element name="ifVersion" type="{http://www.w3.org/2001/XMLSchema}string" minOccurs="0"/&gt;
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
    "id",
    "set",
    "remove",
    "ttl",
    "ifVersion"
})
@XmlRootElement(name = "updateSession")
public class UpdateSession {

    @XmlElementRef(name = "id", namespace = "urn:memcached-soap:session:v1", type = JAXBElement.class, required = false)
    protected JAXBElement<String> id;
    @XmlElementRef(name = "set", namespace = "urn:memcached-soap:session:v1", type = JAXBElement.class, required = false)
    protected JAXBElement<EntryList> set;
    @XmlElementRef(name = "remove", namespace = "urn:memcached-soap:session:v1", type = JAXBElement.class, required = false)
    protected JAXBElement<KeyList> remove;
    @XmlElement(required = true, type = Integer.class, nillable = true)
    protected Integer ttl;
    @XmlElementRef(name = "ifVersion", namespace = "urn:memcached-soap:session:v1", type = JAXBElement.class, required = false)
    protected JAXBElement<String> ifVersion;

    /**
     * Gets the value of the id property.
     * 
     * @return
     *     possible object is
     *     {@link JAXBElement }{@code <}{@link String }{@code >}
     *     
     */
    public JAXBElement<String> getId() {
        return id;
    }

    /**
     * Sets the value of the id property.
     * 
     * @param value
     *     allowed object is
     *     {@link JAXBElement }{@code <}{@link String }{@code >}
     *     
     */
    public void setId(JAXBElement<String> value) {
        this.id = value;
    }

    /**
     * Gets the value of the set property.
     * 
     * @return
     *     possible object is
     *     {@link JAXBElement }{@code <}{@link EntryList }{@code >}
     *     
     */
    public JAXBElement<EntryList> getSet() {
        return set;
    }

    /**
     * Sets the value of the set property.
     * 
     * @param value
     *     allowed object is
     *     {@link JAXBElement }{@code <}{@link EntryList }{@code >}
     *     
     */
    public void setSet(JAXBElement<EntryList> value) {
        this.set = value;
    }

    /**
     * Gets the value of the remove property.
     * 
     * @return
     *     possible object is
     *     {@link JAXBElement }{@code <}{@link KeyList }{@code >}
     *     
     */
    public JAXBElement<KeyList> getRemove() {
        return remove;
    }

    /**
     * Sets the value of the remove property.
     * 
     * @param value
     *     allowed object is
     *     {@link JAXBElement }{@code <}{@link KeyList }{@code >}
     *     
     */
    public void setRemove(JAXBElement<KeyList> value) {
        this.remove = value;
    }

    /**
     * Gets the value of the ttl property.
     * 
     * @return
     *     possible object is
     *     {@link Integer }
     *     
     */
    public Integer getTtl() {
        return ttl;
    }

    /**
     * Sets the value of the ttl property.
     * 
     * @param value
     *     allowed object is
     *     {@link Integer }
     *     
     */
    public void setTtl(Integer value) {
        this.ttl = value;
    }

    /**
     * Gets the value of the ifVersion property.
     * 
     * @return
     *     possible object is
     *     {@link JAXBElement }{@code <}{@link String }{@code >}
     *     
     */
    public JAXBElement<String> getIfVersion() {
        return ifVersion;
    }

    /**
     * Sets the value of the ifVersion property.
     * 
     * @param value
     *     allowed object is
     *     {@link JAXBElement }{@code <}{@link String }{@code >}
     *     
     */
    public void setIfVersion(JAXBElement<String> value) {
        this.ifVersion = value;
    }

}
