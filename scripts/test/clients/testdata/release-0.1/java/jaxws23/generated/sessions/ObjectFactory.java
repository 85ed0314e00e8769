
package sessions;

import javax.xml.bind.JAXBElement;
import javax.xml.bind.annotation.XmlElementDecl;
import javax.xml.bind.annotation.XmlRegistry;
import javax.xml.namespace.QName;


/**
 * This object contains factory methods for each 
 * Java content interface and Java element interface 
 * generated in the sessions package. 
 * <p>An ObjectFactory allows you to programatically 
 * construct new instances of the Java representation 
 * for XML content. The Java representation of XML 
 * content can consist of schema derived interfaces 
 * and classes representing the binding of schema 
 * type definitions, element declarations and model 
 * groups.  Factory methods for each of these are 
 * provided in this class.
 * 
 */
@XmlRegistry
public class ObjectFactory {

    private final static QName _SessionNotFoundFault_QNAME = new QName("urn:memcached-soap:session:v1", "SessionNotFoundFault");
    private final static QName _InvalidSessionIdFault_QNAME = new QName("urn:memcached-soap:session:v1", "InvalidSessionIdFault");
    private final static QName _VersionConflictFault_QNAME = new QName("urn:memcached-soap:session:v1", "VersionConflictFault");
    private final static QName _SessionDeletedFault_QNAME = new QName("urn:memcached-soap:session:v1", "SessionDeletedFault");
    private final static QName _PayloadTooLargeFault_QNAME = new QName("urn:memcached-soap:session:v1", "PayloadTooLargeFault");
    private final static QName _UnreadableSessionFault_QNAME = new QName("urn:memcached-soap:session:v1", "UnreadableSessionFault");
    private final static QName _StoreUnavailableFault_QNAME = new QName("urn:memcached-soap:session:v1", "StoreUnavailableFault");
    private final static QName _StatusResponseStatusResult_QNAME = new QName("urn:memcached-soap:session:v1", "statusResult");
    private final static QName _GetSessionId_QNAME = new QName("urn:memcached-soap:session:v1", "id");
    private final static QName _GetSessionResponseGetSessionResult_QNAME = new QName("urn:memcached-soap:session:v1", "getSessionResult");
    private final static QName _GetSessionsIds_QNAME = new QName("urn:memcached-soap:session:v1", "ids");
    private final static QName _GetSessionsResponseGetSessionsResult_QNAME = new QName("urn:memcached-soap:session:v1", "getSessionsResult");
    private final static QName _SetSessionAttributes_QNAME = new QName("urn:memcached-soap:session:v1", "attributes");
    private final static QName _SetSessionIfVersion_QNAME = new QName("urn:memcached-soap:session:v1", "ifVersion");
    private final static QName _SetSessionResponseSetSessionResult_QNAME = new QName("urn:memcached-soap:session:v1", "setSessionResult");
    private final static QName _UpdateSessionSet_QNAME = new QName("urn:memcached-soap:session:v1", "set");
    private final static QName _UpdateSessionRemove_QNAME = new QName("urn:memcached-soap:session:v1", "remove");
    private final static QName _UpdateSessionResponseUpdateSessionResult_QNAME = new QName("urn:memcached-soap:session:v1", "updateSessionResult");
    private final static QName _TouchSessionResponseTouchSessionResult_QNAME = new QName("urn:memcached-soap:session:v1", "touchSessionResult");
    private final static QName _FindSessionsPrincipal_QNAME = new QName("urn:memcached-soap:session:v1", "principal");
    private final static QName _FindSessionsAttribute_QNAME = new QName("urn:memcached-soap:session:v1", "attribute");
    private final static QName _FindSessionsResponseFindSessionsResult_QNAME = new QName("urn:memcached-soap:session:v1", "findSessionsResult");
    private final static QName _DeleteSessionsResponseDeleteSessionsResult_QNAME = new QName("urn:memcached-soap:session:v1", "deleteSessionsResult");
    private final static QName _StatsResponseStatsResult_QNAME = new QName("urn:memcached-soap:session:v1", "statsResult");

    /**
     * Create a new ObjectFactory that can be used to create new instances of schema derived classes for package: sessions
     * 
     */
    public ObjectFactory() {
    }

    /**
     * Create an instance of {@link Status }
     * 
     */
    public Status createStatus() {
        return new Status();
    }

    /**
     * Create an instance of {@link StatusResponse }
     * 
     */
    public StatusResponse createStatusResponse() {
        return new StatusResponse();
    }

    /**
     * Create an instance of {@link GetSession }
     * 
     */
    public GetSession createGetSession() {
        return new GetSession();
    }

    /**
     * Create an instance of {@link GetSessionResponse }
     * 
     */
    public GetSessionResponse createGetSessionResponse() {
        return new GetSessionResponse();
    }

    /**
     * Create an instance of {@link Session }
     * 
     */
    public Session createSession() {
        return new Session();
    }

    /**
     * Create an instance of {@link GetSessions }
     * 
     */
    public GetSessions createGetSessions() {
        return new GetSessions();
    }

    /**
     * Create an instance of {@link IdList }
     * 
     */
    public IdList createIdList() {
        return new IdList();
    }

    /**
     * Create an instance of {@link GetSessionsResponse }
     * 
     */
    public GetSessionsResponse createGetSessionsResponse() {
        return new GetSessionsResponse();
    }

    /**
     * Create an instance of {@link SessionList }
     * 
     */
    public SessionList createSessionList() {
        return new SessionList();
    }

    /**
     * Create an instance of {@link SetSession }
     * 
     */
    public SetSession createSetSession() {
        return new SetSession();
    }

    /**
     * Create an instance of {@link EntryList }
     * 
     */
    public EntryList createEntryList() {
        return new EntryList();
    }

    /**
     * Create an instance of {@link SetSessionResponse }
     * 
     */
    public SetSessionResponse createSetSessionResponse() {
        return new SetSessionResponse();
    }

    /**
     * Create an instance of {@link SessionRef }
     * 
     */
    public SessionRef createSessionRef() {
        return new SessionRef();
    }

    /**
     * Create an instance of {@link UpdateSession }
     * 
     */
    public UpdateSession createUpdateSession() {
        return new UpdateSession();
    }

    /**
     * Create an instance of {@link KeyList }
     * 
     */
    public KeyList createKeyList() {
        return new KeyList();
    }

    /**
     * Create an instance of {@link UpdateSessionResponse }
     * 
     */
    public UpdateSessionResponse createUpdateSessionResponse() {
        return new UpdateSessionResponse();
    }

    /**
     * Create an instance of {@link TouchSession }
     * 
     */
    public TouchSession createTouchSession() {
        return new TouchSession();
    }

    /**
     * Create an instance of {@link TouchSessionResponse }
     * 
     */
    public TouchSessionResponse createTouchSessionResponse() {
        return new TouchSessionResponse();
    }

    /**
     * Create an instance of {@link DeleteSession }
     * 
     */
    public DeleteSession createDeleteSession() {
        return new DeleteSession();
    }

    /**
     * Create an instance of {@link DeleteSessionResponse }
     * 
     */
    public DeleteSessionResponse createDeleteSessionResponse() {
        return new DeleteSessionResponse();
    }

    /**
     * Create an instance of {@link FindSessions }
     * 
     */
    public FindSessions createFindSessions() {
        return new FindSessions();
    }

    /**
     * Create an instance of {@link FindSessionsResponse }
     * 
     */
    public FindSessionsResponse createFindSessionsResponse() {
        return new FindSessionsResponse();
    }

    /**
     * Create an instance of {@link DeleteSessions }
     * 
     */
    public DeleteSessions createDeleteSessions() {
        return new DeleteSessions();
    }

    /**
     * Create an instance of {@link DeleteSessionsResponse }
     * 
     */
    public DeleteSessionsResponse createDeleteSessionsResponse() {
        return new DeleteSessionsResponse();
    }

    /**
     * Create an instance of {@link Stats }
     * 
     */
    public Stats createStats() {
        return new Stats();
    }

    /**
     * Create an instance of {@link StatsResponse }
     * 
     */
    public StatsResponse createStatsResponse() {
        return new StatsResponse();
    }

    /**
     * Create an instance of {@link StatsReport }
     * 
     */
    public StatsReport createStatsReport() {
        return new StatsReport();
    }

    /**
     * Create an instance of {@link SessionNotFoundFault }
     * 
     */
    public SessionNotFoundFault createSessionNotFoundFault() {
        return new SessionNotFoundFault();
    }

    /**
     * Create an instance of {@link InvalidSessionIdFault }
     * 
     */
    public InvalidSessionIdFault createInvalidSessionIdFault() {
        return new InvalidSessionIdFault();
    }

    /**
     * Create an instance of {@link VersionConflictFault }
     * 
     */
    public VersionConflictFault createVersionConflictFault() {
        return new VersionConflictFault();
    }

    /**
     * Create an instance of {@link SessionDeletedFault }
     * 
     */
    public SessionDeletedFault createSessionDeletedFault() {
        return new SessionDeletedFault();
    }

    /**
     * Create an instance of {@link PayloadTooLargeFault }
     * 
     */
    public PayloadTooLargeFault createPayloadTooLargeFault() {
        return new PayloadTooLargeFault();
    }

    /**
     * Create an instance of {@link UnreadableSessionFault }
     * 
     */
    public UnreadableSessionFault createUnreadableSessionFault() {
        return new UnreadableSessionFault();
    }

    /**
     * Create an instance of {@link StoreUnavailableFault }
     * 
     */
    public StoreUnavailableFault createStoreUnavailableFault() {
        return new StoreUnavailableFault();
    }

    /**
     * Create an instance of {@link Entry }
     * 
     */
    public Entry createEntry() {
        return new Entry();
    }

    /**
     * Create an instance of {@link Item }
     * 
     */
    public Item createItem() {
        return new Item();
    }

    /**
     * Create an instance of {@link ItemList }
     * 
     */
    public ItemList createItemList() {
        return new ItemList();
    }

    /**
     * Create an instance of {@link Stat }
     * 
     */
    public Stat createStat() {
        return new Stat();
    }

    /**
     * Create an instance of {@link StatList }
     * 
     */
    public StatList createStatList() {
        return new StatList();
    }

    /**
     * Create an instance of {@link ServerStats }
     * 
     */
    public ServerStats createServerStats() {
        return new ServerStats();
    }

    /**
     * Create an instance of {@link ServerStatsList }
     * 
     */
    public ServerStatsList createServerStatsList() {
        return new ServerStatsList();
    }

    /**
     * Create an instance of {@link JAXBElement }{@code <}{@link SessionNotFoundFault }{@code >}
     * 
     * @param value
     *     Java instance representing xml element's value.
     * @return
     *     the new instance of {@link JAXBElement }{@code <}{@link SessionNotFoundFault }{@code >}
     */
    @XmlElementDecl(namespace = "urn:memcached-soap:session:v1", name = "SessionNotFoundFault")
    public JAXBElement<SessionNotFoundFault> createSessionNotFoundFault(SessionNotFoundFault value) {
        return new JAXBElement<SessionNotFoundFault>(_SessionNotFoundFault_QNAME, SessionNotFoundFault.class, null, value);
    }

    /**
     * Create an instance of {@link JAXBElement }{@code <}{@link InvalidSessionIdFault }{@code >}
     * 
     * @param value
     *     Java instance representing xml element's value.
     * @return
     *     the new instance of {@link JAXBElement }{@code <}{@link InvalidSessionIdFault }{@code >}
     */
    @XmlElementDecl(namespace = "urn:memcached-soap:session:v1", name = "InvalidSessionIdFault")
    public JAXBElement<InvalidSessionIdFault> createInvalidSessionIdFault(InvalidSessionIdFault value) {
        return new JAXBElement<InvalidSessionIdFault>(_InvalidSessionIdFault_QNAME, InvalidSessionIdFault.class, null, value);
    }

    /**
     * Create an instance of {@link JAXBElement }{@code <}{@link VersionConflictFault }{@code >}
     * 
     * @param value
     *     Java instance representing xml element's value.
     * @return
     *     the new instance of {@link JAXBElement }{@code <}{@link VersionConflictFault }{@code >}
     */
    @XmlElementDecl(namespace = "urn:memcached-soap:session:v1", name = "VersionConflictFault")
    public JAXBElement<VersionConflictFault> createVersionConflictFault(VersionConflictFault value) {
        return new JAXBElement<VersionConflictFault>(_VersionConflictFault_QNAME, VersionConflictFault.class, null, value);
    }

    /**
     * Create an instance of {@link JAXBElement }{@code <}{@link SessionDeletedFault }{@code >}
     * 
     * @param value
     *     Java instance representing xml element's value.
     * @return
     *     the new instance of {@link JAXBElement }{@code <}{@link SessionDeletedFault }{@code >}
     */
    @XmlElementDecl(namespace = "urn:memcached-soap:session:v1", name = "SessionDeletedFault")
    public JAXBElement<SessionDeletedFault> createSessionDeletedFault(SessionDeletedFault value) {
        return new JAXBElement<SessionDeletedFault>(_SessionDeletedFault_QNAME, SessionDeletedFault.class, null, value);
    }

    /**
     * Create an instance of {@link JAXBElement }{@code <}{@link PayloadTooLargeFault }{@code >}
     * 
     * @param value
     *     Java instance representing xml element's value.
     * @return
     *     the new instance of {@link JAXBElement }{@code <}{@link PayloadTooLargeFault }{@code >}
     */
    @XmlElementDecl(namespace = "urn:memcached-soap:session:v1", name = "PayloadTooLargeFault")
    public JAXBElement<PayloadTooLargeFault> createPayloadTooLargeFault(PayloadTooLargeFault value) {
        return new JAXBElement<PayloadTooLargeFault>(_PayloadTooLargeFault_QNAME, PayloadTooLargeFault.class, null, value);
    }

    /**
     * Create an instance of {@link JAXBElement }{@code <}{@link UnreadableSessionFault }{@code >}
     * 
     * @param value
     *     Java instance representing xml element's value.
     * @return
     *     the new instance of {@link JAXBElement }{@code <}{@link UnreadableSessionFault }{@code >}
     */
    @XmlElementDecl(namespace = "urn:memcached-soap:session:v1", name = "UnreadableSessionFault")
    public JAXBElement<UnreadableSessionFault> createUnreadableSessionFault(UnreadableSessionFault value) {
        return new JAXBElement<UnreadableSessionFault>(_UnreadableSessionFault_QNAME, UnreadableSessionFault.class, null, value);
    }

    /**
     * Create an instance of {@link JAXBElement }{@code <}{@link StoreUnavailableFault }{@code >}
     * 
     * @param value
     *     Java instance representing xml element's value.
     * @return
     *     the new instance of {@link JAXBElement }{@code <}{@link StoreUnavailableFault }{@code >}
     */
    @XmlElementDecl(namespace = "urn:memcached-soap:session:v1", name = "StoreUnavailableFault")
    public JAXBElement<StoreUnavailableFault> createStoreUnavailableFault(StoreUnavailableFault value) {
        return new JAXBElement<StoreUnavailableFault>(_StoreUnavailableFault_QNAME, StoreUnavailableFault.class, null, value);
    }

    /**
     * Create an instance of {@link JAXBElement }{@code <}{@link String }{@code >}
     * 
     * @param value
     *     Java instance representing xml element's value.
     * @return
     *     the new instance of {@link JAXBElement }{@code <}{@link String }{@code >}
     */
    @XmlElementDecl(namespace = "urn:memcached-soap:session:v1", name = "statusResult", scope = StatusResponse.class)
    public JAXBElement<String> createStatusResponseStatusResult(String value) {
        return new JAXBElement<String>(_StatusResponseStatusResult_QNAME, String.class, StatusResponse.class, value);
    }

    /**
     * Create an instance of {@link JAXBElement }{@code <}{@link String }{@code >}
     * 
     * @param value
     *     Java instance representing xml element's value.
     * @return
     *     the new instance of {@link JAXBElement }{@code <}{@link String }{@code >}
     */
    @XmlElementDecl(namespace = "urn:memcached-soap:session:v1", name = "id", scope = GetSession.class)
    public JAXBElement<String> createGetSessionId(String value) {
        return new JAXBElement<String>(_GetSessionId_QNAME, String.class, GetSession.class, value);
    }

    /**
     * Create an instance of {@link JAXBElement }{@code <}{@link Session }{@code >}
     * 
     * @param value
     *     Java instance representing xml element's value.
     * @return
     *     the new instance of {@link JAXBElement }{@code <}{@link Session }{@code >}
     */
    @XmlElementDecl(namespace = "urn:memcached-soap:session:v1", name = "getSessionResult", scope = GetSessionResponse.class)
    public JAXBElement<Session> createGetSessionResponseGetSessionResult(Session value) {
        return new JAXBElement<Session>(_GetSessionResponseGetSessionResult_QNAME, Session.class, GetSessionResponse.class, value);
    }

    /**
     * Create an instance of {@link JAXBElement }{@code <}{@link IdList }{@code >}
     * 
     * @param value
     *     Java instance representing xml element's value.
     * @return
     *     the new instance of {@link JAXBElement }{@code <}{@link IdList }{@code >}
     */
    @XmlElementDecl(namespace = "urn:memcached-soap:session:v1", name = "ids", scope = GetSessions.class)
    public JAXBElement<IdList> createGetSessionsIds(IdList value) {
        return new JAXBElement<IdList>(_GetSessionsIds_QNAME, IdList.class, GetSessions.class, value);
    }

    /**
     * Create an instance of {@link JAXBElement }{@code <}{@link SessionList }{@code >}
     * 
     * @param value
     *     Java instance representing xml element's value.
     * @return
     *     the new instance of {@link JAXBElement }{@code <}{@link SessionList }{@code >}
     */
    @XmlElementDecl(namespace = "urn:memcached-soap:session:v1", name = "getSessionsResult", scope = GetSessionsResponse.class)
    public JAXBElement<SessionList> createGetSessionsResponseGetSessionsResult(SessionList value) {
        return new JAXBElement<SessionList>(_GetSessionsResponseGetSessionsResult_QNAME, SessionList.class, GetSessionsResponse.class, value);
    }

    /**
     * Create an instance of {@link JAXBElement }{@code <}{@link String }{@code >}
     * 
     * @param value
     *     Java instance representing xml element's value.
     * @return
     *     the new instance of {@link JAXBElement }{@code <}{@link String }{@code >}
     */
    @XmlElementDecl(namespace = "urn:memcached-soap:session:v1", name = "id", scope = SetSession.class)
    public JAXBElement<String> createSetSessionId(String value) {
        return new JAXBElement<String>(_GetSessionId_QNAME, String.class, SetSession.class, value);
    }

    /**
     * Create an instance of {@link JAXBElement }{@code <}{@link EntryList }{@code >}
     * 
     * @param value
     *     Java instance representing xml element's value.
     * @return
     *     the new instance of {@link JAXBElement }{@code <}{@link EntryList }{@code >}
     */
    @XmlElementDecl(namespace = "urn:memcached-soap:session:v1", name = "attributes", scope = SetSession.class)
    public JAXBElement<EntryList> createSetSessionAttributes(EntryList value) {
        return new JAXBElement<EntryList>(_SetSessionAttributes_QNAME, EntryList.class, SetSession.class, value);
    }

    /**
     * Create an instance of {@link JAXBElement }{@code <}{@link String }{@code >}
     * 
     * @param value
     *     Java instance representing xml element's value.
     * @return
     *     the new instance of {@link JAXBElement }{@code <}{@link String }{@code >}
     */
    @XmlElementDecl(namespace = "urn:memcached-soap:session:v1", name = "ifVersion", scope = SetSession.class)
    public JAXBElement<String> createSetSessionIfVersion(String value) {
        return new JAXBElement<String>(_SetSessionIfVersion_QNAME, String.class, SetSession.class, value);
    }

    /**
     * Create an instance of {@link JAXBElement }{@code <}{@link SessionRef }{@code >}
     * 
     * @param value
     *     Java instance representing xml element's value.
     * @return
     *     the new instance of {@link JAXBElement }{@code <}{@link SessionRef }{@code >}
     */
    @XmlElementDecl(namespace = "urn:memcached-soap:session:v1", name = "setSessionResult", scope = SetSessionResponse.class)
    public JAXBElement<SessionRef> createSetSessionResponseSetSessionResult(SessionRef value) {
        return new JAXBElement<SessionRef>(_SetSessionResponseSetSessionResult_QNAME, SessionRef.class, SetSessionResponse.class, value);
    }

    /**
     * Create an instance of {@link JAXBElement }{@code <}{@link String }{@code >}
     * 
     * @param value
     *     Java instance representing xml element's value.
     * @return
     *     the new instance of {@link JAXBElement }{@code <}{@link String }{@code >}
     */
    @XmlElementDecl(namespace = "urn:memcached-soap:session:v1", name = "id", scope = UpdateSession.class)
    public JAXBElement<String> createUpdateSessionId(String value) {
        return new JAXBElement<String>(_GetSessionId_QNAME, String.class, UpdateSession.class, value);
    }

    /**
     * Create an instance of {@link JAXBElement }{@code <}{@link EntryList }{@code >}
     * 
     * @param value
     *     Java instance representing xml element's value.
     * @return
     *     the new instance of {@link JAXBElement }{@code <}{@link EntryList }{@code >}
     */
    @XmlElementDecl(namespace = "urn:memcached-soap:session:v1", name = "set", scope = UpdateSession.class)
    public JAXBElement<EntryList> createUpdateSessionSet(EntryList value) {
        return new JAXBElement<EntryList>(_UpdateSessionSet_QNAME, EntryList.class, UpdateSession.class, value);
    }

    /**
     * Create an instance of {@link JAXBElement }{@code <}{@link KeyList }{@code >}
     * 
     * @param value
     *     Java instance representing xml element's value.
     * @return
     *     the new instance of {@link JAXBElement }{@code <}{@link KeyList }{@code >}
     */
    @XmlElementDecl(namespace = "urn:memcached-soap:session:v1", name = "remove", scope = UpdateSession.class)
    public JAXBElement<KeyList> createUpdateSessionRemove(KeyList value) {
        return new JAXBElement<KeyList>(_UpdateSessionRemove_QNAME, KeyList.class, UpdateSession.class, value);
    }

    /**
     * Create an instance of {@link JAXBElement }{@code <}{@link String }{@code >}
     * 
     * @param value
     *     Java instance representing xml element's value.
     * @return
     *     the new instance of {@link JAXBElement }{@code <}{@link String }{@code >}
     */
    @XmlElementDecl(namespace = "urn:memcached-soap:session:v1", name = "ifVersion", scope = UpdateSession.class)
    public JAXBElement<String> createUpdateSessionIfVersion(String value) {
        return new JAXBElement<String>(_SetSessionIfVersion_QNAME, String.class, UpdateSession.class, value);
    }

    /**
     * Create an instance of {@link JAXBElement }{@code <}{@link SessionRef }{@code >}
     * 
     * @param value
     *     Java instance representing xml element's value.
     * @return
     *     the new instance of {@link JAXBElement }{@code <}{@link SessionRef }{@code >}
     */
    @XmlElementDecl(namespace = "urn:memcached-soap:session:v1", name = "updateSessionResult", scope = UpdateSessionResponse.class)
    public JAXBElement<SessionRef> createUpdateSessionResponseUpdateSessionResult(SessionRef value) {
        return new JAXBElement<SessionRef>(_UpdateSessionResponseUpdateSessionResult_QNAME, SessionRef.class, UpdateSessionResponse.class, value);
    }

    /**
     * Create an instance of {@link JAXBElement }{@code <}{@link String }{@code >}
     * 
     * @param value
     *     Java instance representing xml element's value.
     * @return
     *     the new instance of {@link JAXBElement }{@code <}{@link String }{@code >}
     */
    @XmlElementDecl(namespace = "urn:memcached-soap:session:v1", name = "id", scope = TouchSession.class)
    public JAXBElement<String> createTouchSessionId(String value) {
        return new JAXBElement<String>(_GetSessionId_QNAME, String.class, TouchSession.class, value);
    }

    /**
     * Create an instance of {@link JAXBElement }{@code <}{@link SessionRef }{@code >}
     * 
     * @param value
     *     Java instance representing xml element's value.
     * @return
     *     the new instance of {@link JAXBElement }{@code <}{@link SessionRef }{@code >}
     */
    @XmlElementDecl(namespace = "urn:memcached-soap:session:v1", name = "touchSessionResult", scope = TouchSessionResponse.class)
    public JAXBElement<SessionRef> createTouchSessionResponseTouchSessionResult(SessionRef value) {
        return new JAXBElement<SessionRef>(_TouchSessionResponseTouchSessionResult_QNAME, SessionRef.class, TouchSessionResponse.class, value);
    }

    /**
     * Create an instance of {@link JAXBElement }{@code <}{@link String }{@code >}
     * 
     * @param value
     *     Java instance representing xml element's value.
     * @return
     *     the new instance of {@link JAXBElement }{@code <}{@link String }{@code >}
     */
    @XmlElementDecl(namespace = "urn:memcached-soap:session:v1", name = "id", scope = DeleteSession.class)
    public JAXBElement<String> createDeleteSessionId(String value) {
        return new JAXBElement<String>(_GetSessionId_QNAME, String.class, DeleteSession.class, value);
    }

    /**
     * Create an instance of {@link JAXBElement }{@code <}{@link String }{@code >}
     * 
     * @param value
     *     Java instance representing xml element's value.
     * @return
     *     the new instance of {@link JAXBElement }{@code <}{@link String }{@code >}
     */
    @XmlElementDecl(namespace = "urn:memcached-soap:session:v1", name = "principal", scope = FindSessions.class)
    public JAXBElement<String> createFindSessionsPrincipal(String value) {
        return new JAXBElement<String>(_FindSessionsPrincipal_QNAME, String.class, FindSessions.class, value);
    }

    /**
     * Create an instance of {@link JAXBElement }{@code <}{@link String }{@code >}
     * 
     * @param value
     *     Java instance representing xml element's value.
     * @return
     *     the new instance of {@link JAXBElement }{@code <}{@link String }{@code >}
     */
    @XmlElementDecl(namespace = "urn:memcached-soap:session:v1", name = "attribute", scope = FindSessions.class)
    public JAXBElement<String> createFindSessionsAttribute(String value) {
        return new JAXBElement<String>(_FindSessionsAttribute_QNAME, String.class, FindSessions.class, value);
    }

    /**
     * Create an instance of {@link JAXBElement }{@code <}{@link IdList }{@code >}
     * 
     * @param value
     *     Java instance representing xml element's value.
     * @return
     *     the new instance of {@link JAXBElement }{@code <}{@link IdList }{@code >}
     */
    @XmlElementDecl(namespace = "urn:memcached-soap:session:v1", name = "findSessionsResult", scope = FindSessionsResponse.class)
    public JAXBElement<IdList> createFindSessionsResponseFindSessionsResult(IdList value) {
        return new JAXBElement<IdList>(_FindSessionsResponseFindSessionsResult_QNAME, IdList.class, FindSessionsResponse.class, value);
    }

    /**
     * Create an instance of {@link JAXBElement }{@code <}{@link String }{@code >}
     * 
     * @param value
     *     Java instance representing xml element's value.
     * @return
     *     the new instance of {@link JAXBElement }{@code <}{@link String }{@code >}
     */
    @XmlElementDecl(namespace = "urn:memcached-soap:session:v1", name = "principal", scope = DeleteSessions.class)
    public JAXBElement<String> createDeleteSessionsPrincipal(String value) {
        return new JAXBElement<String>(_FindSessionsPrincipal_QNAME, String.class, DeleteSessions.class, value);
    }

    /**
     * Create an instance of {@link JAXBElement }{@code <}{@link String }{@code >}
     * 
     * @param value
     *     Java instance representing xml element's value.
     * @return
     *     the new instance of {@link JAXBElement }{@code <}{@link String }{@code >}
     */
    @XmlElementDecl(namespace = "urn:memcached-soap:session:v1", name = "attribute", scope = DeleteSessions.class)
    public JAXBElement<String> createDeleteSessionsAttribute(String value) {
        return new JAXBElement<String>(_FindSessionsAttribute_QNAME, String.class, DeleteSessions.class, value);
    }

    /**
     * Create an instance of {@link JAXBElement }{@code <}{@link IdList }{@code >}
     * 
     * @param value
     *     Java instance representing xml element's value.
     * @return
     *     the new instance of {@link JAXBElement }{@code <}{@link IdList }{@code >}
     */
    @XmlElementDecl(namespace = "urn:memcached-soap:session:v1", name = "deleteSessionsResult", scope = DeleteSessionsResponse.class)
    public JAXBElement<IdList> createDeleteSessionsResponseDeleteSessionsResult(IdList value) {
        return new JAXBElement<IdList>(_DeleteSessionsResponseDeleteSessionsResult_QNAME, IdList.class, DeleteSessionsResponse.class, value);
    }

    /**
     * Create an instance of {@link JAXBElement }{@code <}{@link StatsReport }{@code >}
     * 
     * @param value
     *     Java instance representing xml element's value.
     * @return
     *     the new instance of {@link JAXBElement }{@code <}{@link StatsReport }{@code >}
     */
    @XmlElementDecl(namespace = "urn:memcached-soap:session:v1", name = "statsResult", scope = StatsResponse.class)
    public JAXBElement<StatsReport> createStatsResponseStatsResult(StatsReport value) {
        return new JAXBElement<StatsReport>(_StatsResponseStatsResult_QNAME, StatsReport.class, StatsResponse.class, value);
    }

}
