import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.logging.Logger;

import jakarta.servlet.annotation.WebServlet;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

/** A servlet that knows nothing of naru nor of OpenTelemetry: counts orders in a database. */
@WebServlet("/orders/*")
public class Orders extends HttpServlet {
    private static final Logger LOG = Logger.getLogger("shop");

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        LOG.warning("orders are counted");
        if (request.getParameter("fail") != null) {
            throw new IllegalStateException("no orders today");
        }
        try {
            Class.forName("org.h2.Driver");
            try (Connection orders = DriverManager.getConnection("jdbc:h2:mem:orders;DB_CLOSE_DELAY=-1");
                    Statement statement = orders.createStatement()) {
                statement.execute("CREATE TABLE IF NOT EXISTS orders (id INT)");
                try (ResultSet rows = statement.executeQuery("SELECT count(*) FROM orders WHERE id > 7")) {
                    rows.next();
                    response.getWriter().println(rows.getInt(1));
                }
            }
        } catch (ClassNotFoundException | SQLException error) {
            throw new IOException(error);
        }
    }
}
